package auth_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/auth/authtest"
)

func TestA210_Conformance(t *testing.T) {
	authtest.Run(t, func(*testing.T) auth.Auth { return auth.NewAuth() }, authtest.Caps{})
}

func TestRulesConformance(t *testing.T) {
	authtest.RunRules(t, func(*testing.T) auth.Rules { return auth.NewRules() })
}

func TestA211_TheDefaultChecksNothing(t *testing.T) {
	n := auth.NewAuth(auth.Namespace("go.micro"))
	a, err := n.Inspect("whatever")
	if err != nil || a.ID == "" || a.Issuer != "go.micro" {
		t.Errorf("%+v, %v", a, err)
	}
	if b, _ := n.Inspect("whatever"); a.ID == b.ID {
		t.Error("two unknown callers are one account")
	}
	if token, err := n.Token(); err != nil || !token.Expired() {
		t.Errorf("%+v, %v: an empty token must never be sent", token, err)
	}
	if auth.DefaultAuth.String() != "noop" || n.String() != "noop" {
		t.Error("the default is not noop")
	}
	if err := auth.NewRules().Verify(nil, &auth.Resource{}); err != nil {
		t.Errorf("no rules: %v", err)
	}
}

func TestJSONForms(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{auth.Account{ID: "a", Type: "t", Issuer: "i", Metadata: map[string]string{"k": "v"}, Scopes: []string{"s"}, Secret: "x"},
			`{"id":"a","type":"t","issuer":"i","metadata":{"k":"v"},"scopes":["s"],"secret":"x"}`},
		{auth.Token{AccessToken: "a", RefreshToken: "r"}, `{"access_token":"a","refresh_token":"r","created":"0001-01-01T00:00:00Z","expiry":"0001-01-01T00:00:00Z"}`},
		{auth.Resource{Name: "n", Type: "t", Endpoint: "e"}, `{"name":"n","type":"t","endpoint":"e"}`},
	} {
		if got, err := json.Marshal(c.value); err != nil || string(got) != c.want {
			t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
		}
	}
}

func TestSecretsAreNotLogged(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	account := auth.Account{ID: "ada", Secret: "hunter2", Metadata: map[string]string{"password": "hunter2"}}
	token := auth.Token{AccessToken: "hunter2", RefreshToken: "hunter2"}
	log.Info("who", "account", account, "pointer", &account, "token", token, "its pointer", &token)
	if strings.Contains(out.String(), "hunter2") || !strings.Contains(out.String(), "ada") {
		t.Errorf("logged %s", out.String())
	}
}

func TestTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := auth.Token{Expiry: time.Now().Add(time.Minute)}
		time.Sleep(time.Minute - 1)
		if token.Expired() {
			t.Error("expired before its time")
		}
		time.Sleep(time.Nanosecond)
		if !token.Expired() {
			t.Error("still good at its expiry")
		}
	})
}

func TestDefaults(t *testing.T) {
	if d := auth.NewTokenOptions().Expiry; d != time.Minute {
		t.Errorf("an access token lives %v by default, want a minute", d)
	}
	if o := auth.NewOptions(); o.Context == nil || o.Logger == nil {
		t.Errorf("options %+v", o)
	}
	o := auth.NewGenerateOptions(auth.WithProvider("oauth"), auth.WithSecret("s"))
	if o.Provider != "oauth" || o.Secret != "s" {
		t.Errorf("options %+v", o)
	}
}

func TestAccountInContext(t *testing.T) {
	if _, ok := auth.AccountFromContext(t.Context()); ok {
		t.Error("an account in an empty context")
	}
	if _, ok := auth.AccountFromContext(auth.ContextWithAccount(t.Context(), nil)); ok {
		t.Error("nobody is an account")
	}
	want := &auth.Account{ID: "ada"}
	if got, ok := auth.AccountFromContext(auth.ContextWithAccount(t.Context(), want)); !ok || got != want {
		t.Errorf("got %+v, %v", got, ok)
	}
}
