// Package authtest is the contract of auth.Auth and auth.Rules as tests. Every implementation runs it, with [Run] or
// [RunRules].
package authtest

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/auth"
)

// Caps says what an implementation can do.
type Caps struct {
	// Tokens: it makes tokens and checks them. Without, every token is somebody's.
	Tokens bool
}

type suite struct {
	*testing.T
	auth auth.Auth
}

// Run holds the implementations that open returns against the contract, one rule a subtest. Their namespace, which open
// sets, must not be empty if they make tokens.
func Run(t *testing.T, open func(t *testing.T) auth.Auth, caps Caps) {
	t.Helper()
	rules := []struct {
		rule   string
		tokens bool
		hold   func(*suite)
	}{
		{"options set fields and nothing else", false, options},
		{"an account has the id, type, scopes and metadata asked for, and the namespace as issuer", false, generates},
		{"an account needs an id", false, needsID},
		{"a generated account shares no memory with its options", false, copies},
		{"a secret is exchanged for a pair of tokens", true, exchanges},
		{"either token tells the account, without its secret", true, inspects},
		{"a refresh token is exchanged for a new pair", true, refreshes},
		{"a secret is good for its own account only", true, ownSecret},
		{"what is no token is refused as invalid", true, refuses},
		{"what is longer than the limit is refused as invalid", true, tooLong},
		{"an access token is no secret and no refresh token, and a secret is no access token", true, oneUse},
		{"an expiry that is not positive is refused", true, expiry},
		{"fifty callers at once are served", false, concurrent},
	}
	for _, r := range rules {
		if r.tokens && !caps.Tokens {
			continue
		}
		t.Run(r.rule, func(t *testing.T) { r.hold(&suite{T: t, auth: open(t)}) })
	}
}

func (s *suite) account(id string) *auth.Account {
	s.Helper()
	account, err := s.auth.Generate(id, auth.WithType("user"), auth.WithScopes("shop", "admin"), auth.WithMetadata(map[string]string{"team": "x"}))
	if err != nil {
		s.Fatalf("Generate: %v", err)
	}
	return account
}

func (s *suite) token(opts ...auth.TokenOption) *auth.Token {
	s.Helper()
	token, err := s.auth.Token(opts...)
	if err != nil {
		s.Fatalf("Token: %v", err)
	}
	return token
}

// known is what Inspect must tell of an account.
func known(a *auth.Account) *auth.Account {
	out := *a
	out.Secret = ""
	return &out
}

func options(s *suite) {
	token := &auth.Token{AccessToken: "t"}
	s.auth.Init(auth.Namespace("space"), auth.ClientToken(token), auth.Credentials("me", "secret"), auth.Addrs("a", "b"))
	o := s.auth.Options()
	if o.Namespace != "space" || o.Token != token || o.ID != "me" || o.Secret != "secret" || len(o.Addrs) != 2 {
		s.Errorf("options %+v", o)
	}
	if s.auth.String() == "" {
		s.Error("String is empty")
	}
}

func generates(s *suite) {
	got := known(s.account("ada"))
	want := &auth.Account{ID: "ada", Type: "user", Issuer: s.auth.Options().Namespace, Scopes: []string{"shop", "admin"}, Metadata: map[string]string{"team": "x"}}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("(-want +got):\n%s", diff)
	}
}

func needsID(s *suite) {
	if account, err := s.auth.Generate(""); err == nil {
		s.Errorf("got %+v", account)
	}
}

func copies(s *suite) {
	scopes, metadata := []string{"a"}, map[string]string{"k": "v"}
	account, err := s.auth.Generate("ada", auth.WithScopes(scopes...), auth.WithMetadata(metadata))
	if err != nil {
		s.Fatal(err)
	}
	scopes[0], metadata["k"] = "root", "changed"
	if account.Scopes[0] != "a" || account.Metadata["k"] != "v" {
		s.Errorf("the account changed with its options: %+v", account)
	}
}

func exchanges(s *suite) {
	account := s.account("ada")
	before := time.Now()
	token := s.token(auth.WithCredentials(account.ID, account.Secret), auth.WithExpiry(10*time.Minute))
	if token.AccessToken == "" || token.RefreshToken == "" || token.AccessToken == token.RefreshToken || token.Expired() {
		s.Errorf("token %+v", token)
	}
	if left := token.Expiry.Sub(before); left < 9*time.Minute || left > 11*time.Minute {
		s.Errorf("the token lives %v, want 10 minutes", left)
	}
}

func inspects(s *suite) {
	account := s.account("ada")
	token := s.token(auth.WithCredentials(account.ID, account.Secret))
	for name, text := range map[string]string{"access": token.AccessToken, "refresh": token.RefreshToken} {
		got, err := s.auth.Inspect(text)
		if err != nil {
			s.Errorf("%s token: %v", name, err)
			continue
		}
		if diff := cmp.Diff(known(account), got); diff != "" {
			s.Errorf("%s token (-want +got):\n%s", name, diff)
		}
	}
}

func refreshes(s *suite) {
	account := s.account("ada")
	first := s.token(auth.WithCredentials(account.ID, account.Secret))
	second := s.token(auth.WithToken(first.RefreshToken))
	got, err := s.auth.Inspect(second.AccessToken)
	if err != nil {
		s.Fatal(err)
	}
	if diff := cmp.Diff(known(account), got); diff != "" {
		s.Errorf("(-want +got):\n%s", diff)
	}
}

func ownSecret(s *suite) {
	s.account("bob")
	secret := s.account("ada").Secret
	if _, err := s.auth.Token(auth.WithCredentials("bob", secret)); !errors.Is(err, auth.ErrInvalidToken) {
		s.Errorf("bob with ada's secret: %v", err)
	}
}

func refuses(s *suite) {
	for _, text := range []string{"", " ", ".", "..", "a.b.c", "null", "\x00", "Bearer x", "{}", "😀.😀.😀"} {
		if account, err := s.auth.Inspect(text); !errors.Is(err, auth.ErrInvalidToken) || account != nil {
			s.Errorf("Inspect(%q) = %+v, %v", text, account, err)
		}
		if token, err := s.auth.Token(auth.WithToken(text)); !errors.Is(err, auth.ErrInvalidToken) || token != nil {
			s.Errorf("Token with refresh token %q = %v", text, err)
		}
		if token, err := s.auth.Token(auth.WithCredentials("ada", text)); !errors.Is(err, auth.ErrInvalidToken) || token != nil {
			s.Errorf("Token with secret %q = %v", text, err)
		}
	}
}

func tooLong(s *suite) {
	for _, text := range []string{strings.Repeat(".", auth.TokenLimit+1), strings.Repeat("a", 1<<20)} {
		if _, err := s.auth.Inspect(text); !errors.Is(err, auth.ErrInvalidToken) {
			s.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

func oneUse(s *suite) {
	account := s.account("ada")
	token := s.token(auth.WithCredentials(account.ID, account.Secret))
	if _, err := s.auth.Token(auth.WithToken(token.AccessToken)); !errors.Is(err, auth.ErrInvalidToken) {
		s.Errorf("an access token as refresh token: %v", err)
	}
	if _, err := s.auth.Token(auth.WithCredentials(account.ID, token.AccessToken)); !errors.Is(err, auth.ErrInvalidToken) {
		s.Errorf("an access token as secret: %v", err)
	}
	if _, err := s.auth.Inspect(account.Secret); !errors.Is(err, auth.ErrInvalidToken) {
		s.Errorf("a secret as access token: %v", err)
	}
}

func expiry(s *suite) {
	account := s.account("ada")
	for _, d := range []time.Duration{0, -time.Hour} {
		if token, err := s.auth.Token(auth.WithCredentials(account.ID, account.Secret), auth.WithExpiry(d)); err == nil {
			s.Errorf("expiry %v: got a token that ends %v", d, token.Expiry)
		}
	}
}

func concurrent(s *suite) {
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			s.auth.Init(auth.Credentials("me", "secret"))
			account, err := s.auth.Generate("ada")
			if err != nil {
				s.Errorf("Generate: %v", err)
				return
			}
			token, err := s.auth.Token(auth.WithCredentials("ada", account.Secret))
			if err != nil {
				s.Errorf("Token: %v", err)
				return
			}
			if _, err := s.auth.Inspect(token.AccessToken); err != nil {
				s.Errorf("Inspect: %v", err)
			}
		})
	}
	all.Wait()
}
