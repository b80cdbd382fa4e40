package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/auth/jwt"
	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	wrapper "github.com/microtop/microtop/framework/wrapper/auth"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newAuth(opts ...auth.Option) auth.Auth {
	key := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "HMAC SECRET KEY", Bytes: []byte("0123456789abcdef0123456789abcdef")}))
	quiet := logger.NewLogger(logger.WithHandler(slog.DiscardHandler))
	return jwt.NewAuth(append([]auth.Option{auth.Namespace("go.micro"), auth.PrivateKey(key), auth.WithLogger(quiet)}, opts...)...)
}

// login returns the tokens of an account with the scopes.
func login(t testing.TB, a auth.Auth, id string, expiry time.Duration, scopes ...string) *auth.Token {
	t.Helper()
	account, err := a.Generate(id, auth.WithScopes(scopes...))
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.Token(auth.WithCredentials(id, account.Secret), auth.WithExpiry(expiry))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func granted(t testing.TB, all ...*auth.Rule) auth.Rules {
	t.Helper()
	rules := auth.NewRules()
	for i, rule := range all {
		rule.ID = fmt.Sprint(i)
		if err := rules.Grant(rule); err != nil {
			t.Fatal(err)
		}
	}
	return rules
}

func rule(scope, name, endpoint string) *auth.Rule {
	return &auth.Rule{Scope: scope, Resource: &auth.Resource{Type: "service", Name: name, Endpoint: endpoint}}
}

func TestConformance(t *testing.T) {
	wrappertest.Run(t, func(t *testing.T) wrappertest.Wrappers {
		a := newAuth()
		a.Init(auth.ClientToken(login(t, a, "shop", time.Hour, "all")))
		open := granted(t, &auth.Rule{Scope: auth.ScopePublic, Resource: &auth.Resource{Type: "topic", Name: fleet.Service, Endpoint: wrappertest.Topic}})
		return wrappertest.Wrappers{
			Handler: wrapper.NewHandlerWrapper(a, granted(t, rule("all", fleet.Service, "*"))), Client: wrapper.NewClientWrapper(a),
			Subscriber: wrapper.NewSubscriberWrapper(a, open),
		}
	})
}

// Who tells whose request it is.
type Who struct{}

// Am answers with the account's id.
func (*Who) Am(ctx context.Context, _ *fleet.Empty, rsp *fleet.HelloResponse) error {
	if account, ok := auth.AccountFromContext(ctx); ok {
		rsp.Message = account.ID
	}
	return nil
}

func TestA292_WhoMayCallWhat(t *testing.T) {
	a := newAuth()
	token := login(t, a, "ada", time.Hour, "reader")
	admin := login(t, a, "root", time.Hour, "admin")
	other := login(t, newAuth(auth.Namespace("other")), "ada", time.Hour, "reader", "admin")
	rules := granted(t, rule(auth.ScopePublic, fleet.Service, "Greeter.Hello"), rule("reader", fleet.Service, "Who.Am"),
		rule("admin", "*", "*"), rule(auth.ScopePublic, "open", "*"))
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Handler: wrapper.NewHandlerWrapper(a, rules)}, Handlers: []any{new(Who)}})
	for _, c := range []struct {
		name, header, service, endpoint string
		code                            int32
		who                             string
	}{
		{"public, nobody", "", fleet.Service, "Greeter.Hello", 0, ""},
		{"public, a bad token", "Bearer x.y.z", fleet.Service, "Greeter.Hello", 401, ""},
		{"a scope, nobody", "", fleet.Service, "Who.Am", 401, ""},
		{"a scope, with it", "Bearer " + token.AccessToken, fleet.Service, "Who.Am", 0, "ada"},
		{"the scheme's case", "bearer " + token.AccessToken, fleet.Service, "Who.Am", 0, "ada"},
		{"another scheme", "Basic " + token.AccessToken, fleet.Service, "Who.Am", 401, ""},
		{"no scheme", token.AccessToken, fleet.Service, "Who.Am", 401, ""},
		{"an empty header", " ", fleet.Service, "Who.Am", 401, ""},
		{"a refresh token", "Bearer " + token.RefreshToken, fleet.Service, "Who.Am", 401, ""},
		{"another namespace", "Bearer " + other.AccessToken, fleet.Service, "Who.Am", 401, ""},
		{"a scope, without it", "Bearer " + token.AccessToken, fleet.Service, "Greeter.Headers", 403, ""},
		{"a wildcard", "Bearer " + admin.AccessToken, fleet.Service, "Greeter.Fail", 0, ""},
		{"an endpoint without a rule", "", fleet.Service, "Greeter.Headers", 401, ""},
		{"another service named by the caller", "", "open", "Who.Am", 401, ""},
		{"a stream, nobody", "", fleet.Service, "Streamer.Count", 401, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := t.Context()
			if c.header != "" {
				ctx = metadata.NewContext(ctx, metadata.Metadata{"Authorization": c.header, "Micro-Namespace": "other"})
			}
			rsp := new(fleet.HelloResponse)
			req := w.Client.NewRequest(c.service, c.endpoint, &fleet.Empty{})
			var err error
			if strings.HasPrefix(c.endpoint, "Streamer") {
				_, err = w.Count(ctx, &fleet.CountRequest{From: 1, To: 2})
			} else {
				err = w.Client.Call(ctx, req, rsp, client.WithAddress(w.Server.Options().Address))
			}
			if got := errs.FromError(err).GetCode(); got != c.code || rsp.GetMessage() != c.who && c.endpoint == "Who.Am" {
				t.Errorf("code %d (%v), want %d; who %q", got, err, c.code, rsp.GetMessage())
			}
			if c.code == 401 && errs.FromError(err).GetDetail() != "a valid token is needed: Authorization: Bearer …" {
				t.Errorf("the refusal tells more: %v", err)
			}
		})
	}
}

func TestWithoutRulesEveryAccountMay(t *testing.T) {
	a := newAuth()
	token := login(t, a, "ada", time.Hour)
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Handler: wrapper.NewHandlerWrapper(a, nil)}})
	if _, err := w.Hello(t.Context(), "x"); errs.FromError(err).GetCode() != 401 {
		t.Errorf("nobody: %v", err)
	}
	if _, err := w.Hello(metadata.Set(t.Context(), "Authorization", "Bearer "+token.AccessToken), "x"); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeCheckedIsNotServed(t *testing.T) {
	serve := wrapper.NewHandlerWrapper(jwt.NewAuth(), nil)(func(context.Context, server.Request, any) error { return nil })
	if err := serve(t.Context(), nil, nil); errs.FromError(err).GetCode() != 500 {
		t.Errorf("a context without a server: %v", err)
	}
	ctx := metadata.Set(server.NewContext(t.Context(), server.NewServer(server.Name("shop"))), "Authorization", "Bearer x")
	if err := serve(ctx, nil, nil); errs.FromError(err).GetCode() != 500 || !strings.Contains(err.Error(), "auth.PublicKey") {
		t.Errorf("an Auth without a key: %v", err)
	}
}

// FuzzAuthorization holds the header's parser to this: nobody gets in who has no token.
func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer ", "bearer x", "Bearer a.b.c", "Basic x", "Bearer \x00", strings.Repeat("Bearer ", 2000)} {
		f.Add(seed)
	}
	serve := wrapper.NewHandlerWrapper(newAuth(), nil)(func(context.Context, server.Request, any) error { return nil })
	within := server.NewContext(context.Background(), server.NewServer(server.Name("shop")))
	f.Fuzz(func(t *testing.T, header string) {
		ctx := metadata.NewContext(within, metadata.Metadata{"Authorization": header})
		if err := serve(ctx, nil, nil); errs.FromError(err).GetCode() != 401 {
			t.Errorf("%q: %v", header, err)
		}
	})
}
