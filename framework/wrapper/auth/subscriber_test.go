package auth_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/auth"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
	wrapper "github.com/microtop/microtop/framework/wrapper/auth"
)

// note is a message of a topic.
type note struct {
	server.Message
	topic string
}

func (n note) Topic() string { return n.topic }

func TestA292_WhoMaySendWhat(t *testing.T) {
	a := newAuth()
	token, refresh := login(t, a, "ada", time.Hour, "sender").AccessToken, login(t, a, "ada", time.Hour, "sender").RefreshToken
	ruled := granted(t, rule(auth.ScopePublic, "*", "*"), // of services: no rule about topics
		&auth.Rule{Scope: "sender", Resource: &auth.Resource{Type: "topic", Name: "shop", Endpoint: "orders"}},
		&auth.Rule{Scope: auth.ScopePublic, Resource: &auth.Resource{Type: "topic", Name: "shop", Endpoint: "open"}})
	for _, c := range []struct {
		name, header, topic string
		rules               auth.Rules
		code                int32
		who                 string
	}{
		{"with the scope", "Bearer " + token, "orders", ruled, 0, "ada"},
		{"nobody", "", "orders", ruled, 401, ""},
		{"a token that is not valid", "Bearer x.y.z", "open", ruled, 401, ""},
		{"a refresh token", "Bearer " + refresh, "orders", ruled, 401, ""},
		{"nobody, a public topic", "", "open", ruled, 0, ""},
		{"without the scope", "Bearer " + token, "payments", ruled, 403, ""},
		{"without rules, nobody", "", "orders", nil, 401, ""},
		{"without rules, an account", "Bearer " + token, "payments", nil, 0, "ada"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			shop := server.NewServer(server.Name("shop"), server.WithLogger(logger.NewLogger(logger.WithHandler(slog.NewTextHandler(&log, nil)))))
			ctx := server.NewContext(t.Context(), shop)
			if c.header != "" {
				ctx = metadata.Set(ctx, "Authorization", c.header)
			}
			reached, who := 0, ""
			deliver := wrapper.NewSubscriberWrapper(a, c.rules)(func(ctx context.Context, _ server.Message) error {
				reached++
				if account, ok := auth.AccountFromContext(ctx); ok {
					who = account.ID
				}
				return nil
			})
			err := deliver(ctx, note{topic: c.topic})
			if got := errs.FromError(err).GetCode(); got != c.code || who != c.who || (reached == 1) != (c.code == 0) {
				t.Errorf("code %d (%v), want %d; reached %d times by %q", got, err, c.code, reached, who)
			}
			if said := strings.Contains(log.String(), "message refused"); said != (c.code != 0) || c.code != 0 && !strings.Contains(log.String(), "refused=1") {
				t.Errorf("log: %s", &log)
			}
			if c.header != "" && strings.Contains(log.String(), c.header) {
				t.Errorf("the token is in the log: %s", &log)
			}
		})
	}
}
