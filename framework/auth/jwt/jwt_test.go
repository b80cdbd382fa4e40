package jwt_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/auth/authtest"
	"github.com/microtop/microtop/framework/auth/jwt"
)

func TestConformance(t *testing.T) {
	for name, keys := range map[string]func() pair{"RS256": rsaPair, "ES256": ecPair, "EdDSA": edPair, "HS256": secretPair} {
		t.Run(name, func(t *testing.T) {
			authtest.Run(t, func(*testing.T) auth.Auth { return keys().open() }, authtest.Caps{Tokens: true})
		})
	}
}

func TestA212_String(t *testing.T) {
	if s := jwt.NewAuth().String(); s != "jwt" {
		t.Errorf("String = %q", s)
	}
}

// ada makes an account and its first tokens.
func ada(t *testing.T, a auth.Auth, opts ...auth.TokenOption) (*auth.Account, *auth.Token) {
	t.Helper()
	account, err := a.Generate("ada", auth.WithType("user"), auth.WithScopes("admin"), auth.WithMetadata(map[string]string{"team": "x"}))
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.Token(append([]auth.TokenOption{auth.WithCredentials("ada", account.Secret)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return account, token
}

func TestA213_TheSecretIsAToken(t *testing.T) {
	account, _ := ada(t, rsaPair().open())
	claims := decode(t, account.Secret)
	want := map[string]any{"type": "user", "scopes": []any{"admin"}, "metadata": map[string]any{"team": "x"}, "sub": "ada", "iss": namespace, "token_use": "secret"}
	delete(claims, "exp")
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func decode(t *testing.T, token string) map[string]any {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal(unsegment(t, strings.Split(token, ".")[1]), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestA214_TheSecretLives15Minutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := ecPair().open()
		account, _ := ada(t, a)
		time.Sleep(15*time.Minute - time.Second)
		if _, err := a.Token(auth.WithCredentials("ada", account.Secret)); err != nil {
			t.Errorf("a second before: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := a.Token(auth.WithCredentials("ada", account.Secret)); !errors.Is(err, auth.ErrInvalidToken) {
			t.Errorf("after 15 minutes: %v", err)
		}
	})
}

func TestA215_Lifetimes(t *testing.T) {
	for _, c := range []struct {
		name string
		opts []auth.TokenOption
		want time.Duration
	}{
		{"default", nil, time.Minute},
		{"given", []auth.TokenOption{auth.WithExpiry(10 * time.Minute)}, 10 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := ecPair().open()
				_, token := ada(t, a, c.opts...)
				if token.Expiry.Sub(token.Created) != c.want {
					t.Errorf("lives %v, want %v", token.Expiry.Sub(token.Created), c.want)
				}
				time.Sleep(c.want - time.Second)
				inspectable(t, a, token.AccessToken)
				time.Sleep(time.Second)
				if _, err := a.Inspect(token.AccessToken); !errors.Is(err, auth.ErrInvalidToken) {
					t.Errorf("an access token at its end: %v", err)
				}
				time.Sleep(time.Hour - time.Second)
				if _, err := a.Token(auth.WithToken(token.RefreshToken)); err != nil {
					t.Errorf("a refresh token a second before its end: %v", err)
				}
				time.Sleep(time.Second)
				if _, err := a.Token(auth.WithToken(token.RefreshToken)); !errors.Is(err, auth.ErrInvalidToken) {
					t.Errorf("a refresh token at its end: %v", err)
				}
			})
		})
	}
}

func TestA216_InspectTakesEitherToken(t *testing.T) {
	a := edPair().open()
	account, token := ada(t, a)
	for _, text := range []string{token.AccessToken, token.RefreshToken} {
		got, err := a.Inspect(text)
		want := *account
		want.Secret = ""
		if diff := cmp.Diff(&want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

func TestA217_Configuration(t *testing.T) {
	a := rsaPair().open()
	_, token := ada(t, a)
	inspectable(t, jwt.NewAuth(auth.Namespace(namespace), auth.PublicKey(rsaPair().public)), token.AccessToken)
	onlyPrivate := jwt.NewAuth(auth.Namespace(namespace), auth.PrivateKey(rsaPair().private))
	inspectable(t, onlyPrivate, token.AccessToken)

	late := jwt.NewAuth()
	if _, err := late.Inspect(token.AccessToken); err == nil || errors.Is(err, auth.ErrInvalidToken) || !strings.Contains(err.Error(), "auth.PublicKey") {
		t.Errorf("without a key: %v", err)
	}
	if _, err := late.Generate("ada"); err == nil || !strings.Contains(err.Error(), "auth.PrivateKey") {
		t.Errorf("without a key: %v", err)
	}
	late.Init(auth.Namespace(namespace), auth.PublicKey(rsaPair().public))
	inspectable(t, late, token.AccessToken)
	if _, err := late.Generate("ada"); err == nil {
		t.Error("a public key signs")
	}
	other, _ := jwt.NewAuth(auth.PrivateKey(rsaPair().private), auth.Namespace("b")).Generate("ada")
	if _, err := a.Token(auth.WithCredentials("ada", other.Secret)); !errors.Is(err, auth.ErrInvalidToken) {
		t.Errorf("a secret of another namespace: %v", err)
	}
}

// A call takes access tokens only, though Inspect tells whose a refresh token is.
func TestARefreshTokenDoesNotGoWithCalls(t *testing.T) {
	a := ecPair().open()
	account, token := ada(t, a)
	for name, text := range map[string]string{"refresh": token.RefreshToken, "secret": account.Secret} {
		if _, err := auth.InspectAccess(a, text); !errors.Is(err, auth.ErrInvalidToken) {
			t.Errorf("%s token: %v", name, err)
		}
	}
	if _, err := auth.InspectAccess(a, token.AccessToken); err != nil {
		t.Error(err)
	}
	if _, err := a.Token(auth.WithToken(account.Secret)); !errors.Is(err, auth.ErrInvalidToken) {
		t.Errorf("a secret as refresh token: %v", err)
	}
	if _, err := a.Token(auth.WithCredentials("ada", token.RefreshToken)); !errors.Is(err, auth.ErrInvalidToken) {
		t.Errorf("a refresh token as secret: %v", err)
	}
}

// Tokens of v4 do not say what they are for: they go with calls, and are exchanged only where that is asked for.
func TestTokensOfV4(t *testing.T) {
	old := forge(rs256Header, v4Claims(time.Now().Add(time.Hour)), rs256)
	a := rsaPair().open()
	got, err := auth.InspectAccess(a, old)
	want := &auth.Account{ID: "ada", Type: "user", Issuer: namespace, Scopes: []string{"admin"}, Metadata: map[string]string{"team": "x"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("%v (-want +got):\n%s", err, diff)
	}
	inspectable(t, a, old)
	for _, o := range []auth.TokenOption{auth.WithToken(old), auth.WithCredentials("ada", old)} {
		if _, err := a.Token(o); !errors.Is(err, auth.ErrInvalidToken) {
			t.Errorf("exchanged: %v", err)
		}
		if _, err := rsaPair().open(jwt.WithUnmarkedExchange()).Token(o); err != nil {
			t.Errorf("not exchanged, though asked for: %v", err)
		}
	}
	empty := forge(rs256Header, strings.NewReplacer(`["admin"]`, "null", `{"team":"x"}`, "null").Replace(v4Claims(time.Now().Add(time.Hour))), rs256)
	inspectable(t, a, empty)
}

func TestAudience(t *testing.T) {
	shop, mail, any := ecPair().open(jwt.WithAudience("shop")), ecPair().open(jwt.WithAudience("mail")), ecPair().open()
	_, token := ada(t, shop)
	inspectable(t, shop, token.AccessToken)
	for name, a := range map[string]auth.Auth{"another": mail, "none": any} {
		if _, err := a.Inspect(token.AccessToken); !errors.Is(err, auth.ErrInvalidToken) {
			t.Errorf("audience %s: %v", name, err)
		}
	}
}

func TestL10_LeewayIsAMinuteAtMost(t *testing.T) {
	for _, c := range []struct{ asked, late time.Duration }{{0, 0}, {-time.Hour, 0}, {10 * time.Second, 10 * time.Second}, {time.Hour, time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			a := ecPair().open(jwt.WithLeeway(c.asked))
			_, token := ada(t, a)
			time.Sleep(time.Minute + c.late - time.Second)
			inspectable(t, a, token.AccessToken)
			time.Sleep(time.Second)
			if _, err := a.Inspect(token.AccessToken); !errors.Is(err, auth.ErrInvalidToken) {
				t.Errorf("leeway %v: still good %v after its end", c.asked, c.late)
			}
		})
	}
}

func TestAnAccountTooBigForATokenIsRefused(t *testing.T) {
	_, err := ecPair().open().Generate("ada", auth.WithMetadata(map[string]string{"k": strings.Repeat("x", auth.TokenLimit)}))
	if err == nil || !strings.Contains(err.Error(), "less metadata") {
		t.Errorf("Generate = %v", err)
	}
}
