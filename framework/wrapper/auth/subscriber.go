package auth

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/auth"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/server"
)

// NewSubscriberWrapper lets only those messages through that carry the token of who may send them, in the header
// Authorization as requests do: rules decide, about resources of type "topic" with the server's own name and the topic as
// the endpoint; without rules every account may. Subscribers find the account with auth.AccountFromContext.
//
// A message that is refused does not reach the subscriber: the broker is given the error, 401 or 403, and the server's
// logger a warning with the number refused so far, at most one a second. A broker that delivers again what failed does
// so here too.
//
// Clients publish without a token, so a publisher puts one into the context's metadata itself. Whoever subscribes to the
// topic gets it and can use it until it ends: let it be one of an account that may do nothing else.
func NewSubscriberWrapper(a auth.Auth, rules auth.Rules) server.SubscriberWrapper {
	refused := new(refusals)
	return func(next server.SubscriberFunc) server.SubscriberFunc {
		return func(ctx context.Context, msg server.Message) error {
			s, ok := server.FromContext(ctx)
			if !ok {
				return errs.InternalServerError("go.micro.server", "the context names no server, whose rules would hold")
			}
			name := s.Options().Name
			account, err := caller(ctx, a, name)
			if err == nil {
				err = verify(rules, account, &auth.Resource{Type: "topic", Name: name, Endpoint: msg.Topic()})
			}
			if err != nil {
				refused.note(ctx, logger.Slog(s.Options().Logger), msg.Topic(), err)
				return err
			}
			if account != nil {
				ctx = auth.ContextWithAccount(ctx, account)
			}
			return next(ctx, msg)
		}
	}
}

// refusals counts messages that were refused.
type refusals struct {
	mu    sync.Mutex
	count int
	said  time.Time
}

func (r *refusals) note(ctx context.Context, log *slog.Logger, topic string, err error) {
	r.mu.Lock()
	r.count++
	count, now := r.count, time.Now()
	quiet := now.Sub(r.said) < time.Second
	if !quiet {
		r.said = now
	}
	r.mu.Unlock()
	if !quiet {
		log.WarnContext(ctx, "message refused", "topic", topic, "code", errs.FromError(err).GetCode(), "refused", count)
	}
}
