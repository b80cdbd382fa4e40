package auth

import "context"

type accountKey struct{}

// ContextWithAccount returns a context that carries the account of who is calling.
func ContextWithAccount(ctx context.Context, account *Account) context.Context {
	return context.WithValue(ctx, accountKey{}, account)
}

// AccountFromContext returns who is calling, if that is known.
func AccountFromContext(ctx context.Context) (*Account, bool) {
	account, ok := ctx.Value(accountKey{}).(*Account)
	return account, ok && account != nil
}
