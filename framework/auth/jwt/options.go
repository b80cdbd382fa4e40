package jwt

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/auth"
)

type (
	audienceKey struct{}
	leewayKey   struct{}
	unmarkedKey struct{}
)

// WithAudience sets whom tokens are for. Tokens made say so, and those that do not are refused, v4's too. Without it
// tokens that name an audience are refused.
func WithAudience(name string) auth.Option { return setValue(audienceKey{}, name) }

// WithLeeway sets how much the clocks of who made and who checks a token may differ. The default is none, the most a
// minute.
func WithLeeway(d time.Duration) auth.Option { return setValue(leewayKey{}, d) }

// WithUnmarkedExchange lets Token take tokens that do not say what they are for, as v4 makes them. Whoever gets hold of
// an access token of v4 can then make new ones as long as they like: for the time of a move only.
func WithUnmarkedExchange() auth.Option { return setValue(unmarkedKey{}, true) }

func setValue(key, value any) auth.Option {
	return func(o *auth.Options) {
		if o.Context == nil {
			o.Context = context.Background()
		}
		o.Context = context.WithValue(o.Context, key, value)
	}
}

func value[T any](o auth.Options, key any) T {
	var v T
	if o.Context != nil {
		v, _ = o.Context.Value(key).(T)
	}
	return v
}
