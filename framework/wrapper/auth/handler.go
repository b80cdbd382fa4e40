package auth

import (
	"context"
	"errors"
	"strings"

	"github.com/microtop/microtop/framework/auth"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
)

// The headers of docs/wire.md §12.
const (
	authorization = "Authorization"
	namespace     = "Micro-Namespace"
)

// NewHandlerWrapper lets only those call who may: rules decide, about resources of type "service" with the server's
// own name; without rules every account may. Handlers find the account with auth.AccountFromContext.
//
// A token that is not valid is refused with 401, also where none is needed. Nobody is answered with 401 and an account
// with 403 where rules forbid. The service that the caller asked for and Micro-Namespace decide nothing, since callers
// write them.
func NewHandlerWrapper(a auth.Auth, rules auth.Rules) server.HandlerWrapper {
	return func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) error {
			s, ok := server.FromContext(ctx)
			if !ok {
				return errs.InternalServerError("go.micro.server", "the context names no server, whose rules would hold")
			}
			name := s.Options().Name
			account, err := caller(ctx, a, name)
			if err != nil {
				return err
			}
			if err := verify(rules, account, &auth.Resource{Type: "service", Name: name, Endpoint: req.Endpoint()}); err != nil {
				return err
			}
			if account != nil {
				ctx = auth.ContextWithAccount(ctx, account)
			}
			return next(ctx, req, rsp)
		}
	}
}

// caller returns the account of who calls, nil for nobody.
func caller(ctx context.Context, a auth.Auth, name string) (*auth.Account, error) {
	header, given := metadata.Get(ctx, authorization)
	if !given {
		return nil, nil //nolint:nilnil // nobody
	}
	token, ok := bearer(header)
	if !ok {
		return nil, unauthorized(name)
	}
	account, err := auth.InspectAccess(a, token)
	switch {
	case errors.Is(err, auth.ErrInvalidToken):
		return nil, unauthorized(name)
	case err != nil:
		return nil, errs.InternalServerError(name, "tokens cannot be checked: %v", err)
	}
	return account, nil
}

// bearer returns the token of an Authorization header. The scheme's case does not matter (RFC 9110 §11.1).
func bearer(header string) (string, bool) {
	if len(header) < len(auth.BearerScheme) || !strings.EqualFold(header[:len(auth.BearerScheme)], auth.BearerScheme) {
		return "", false
	}
	return header[len(auth.BearerScheme):], true
}

func verify(rules auth.Rules, account *auth.Account, resource *auth.Resource) error {
	name := resource.Name
	if rules == nil {
		if account == nil {
			return unauthorized(name)
		}
		return nil
	}
	err := rules.Verify(account, resource)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, auth.ErrForbidden):
		return errs.InternalServerError(name, "rules cannot be read: %v", err)
	case account == nil:
		return unauthorized(name)
	}
	return errs.Forbidden(name, "%v", auth.ErrForbidden)
}

// unauthorized is the one answer to a token that is missing or not valid, whatever is wrong with it.
func unauthorized(name string) error {
	return errs.Unauthorized(name, "a valid token is needed: %s: %s…", authorization, auth.BearerScheme)
}
