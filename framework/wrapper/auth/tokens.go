package auth

import (
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/logger"
)

const (
	// renewBefore is how long before its end a token is renewed, but not before three quarters of its life are over.
	renewBefore = 30 * time.Second
	// pause is how long a renewal that failed is not tried again.
	pause = 5 * time.Second
)

// tokens keeps an Auth's own token fresh.
type tokens struct {
	auth  auth.Auth
	group singleflight.Group

	mu     sync.Mutex
	failed time.Time // when renewing failed last
}

// current returns the token to call with, or nil. It renews the token first if it ends soon; callers wait for that.
func (t *tokens) current() *auth.Token {
	o := t.auth.Options()
	if due(o) && !t.paused() {
		_, _, _ = t.group.Do("", func() (any, error) { // the outcome is in the options, or in the log
			t.renew()
			return nil, nil //nolint:nilnil // as above
		})
		o = t.auth.Options()
	}
	if o.Token == nil || o.Token.AccessToken == "" || o.Token.Expired() {
		return nil
	}
	return o.Token
}

// due reports whether there is a token to renew, or to get, and a way to do it.
func due(o auth.Options) bool {
	if o.Token == nil {
		return o.ID != "" && o.Secret != ""
	}
	if o.Token.RefreshToken == "" && (o.ID == "" || o.Secret == "") {
		return false
	}
	before := min(renewBefore, o.Token.Expiry.Sub(o.Token.Created)/4)
	return time.Until(o.Token.Expiry) <= max(before, 0)
}

func (t *tokens) paused() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.failed.IsZero() && time.Since(t.failed) < pause
}

// renew gets a new token, by the refresh token or else by the credentials, and puts it into the options.
func (t *tokens) renew() {
	o := t.auth.Options()
	if !due(o) {
		return // somebody else did it just before
	}
	var fresh *auth.Token
	err := auth.ErrInvalidToken
	for _, opts := range ways(o) {
		if fresh, err = t.auth.Token(opts...); err == nil {
			break
		}
	}
	if err == nil && fresh.AccessToken != "" {
		t.auth.Init(auth.ClientToken(fresh))
		return
	}
	t.mu.Lock()
	t.failed = time.Now()
	t.mu.Unlock()
	if err == nil {
		return // an Auth that makes no tokens
	}
	logger.Slog(o.Logger).Warn("the service's token cannot be renewed", "auth", t.auth.String(), "error", err)
}

// ways are the options of Token to try, in order.
func ways(o auth.Options) [][]auth.TokenOption {
	var life []auth.TokenOption
	if o.Token != nil && o.Token.Expiry.After(o.Token.Created) {
		life = append(life, auth.WithExpiry(o.Token.Expiry.Sub(o.Token.Created)))
	}
	var all [][]auth.TokenOption
	if o.Token != nil && o.Token.RefreshToken != "" {
		all = append(all, append(life[:len(life):len(life)], auth.WithToken(o.Token.RefreshToken)))
	}
	if o.ID != "" && o.Secret != "" {
		all = append(all, append(life[:len(life):len(life)], auth.WithCredentials(o.ID, o.Secret)))
	}
	return all
}
