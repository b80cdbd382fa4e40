package auth

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"
)

// DefaultAuth serves programs that name none. It checks nothing.
var DefaultAuth = NewAuth()

// ErrNoID is the answer to an account without a name.
var ErrNoID = errors.New("an account needs an id")

// NewAuth returns the Auth that checks nothing: Inspect takes every token for that of an account of its own, and Token
// returns an empty pair, which counts as expired, so that nothing is sent.
func NewAuth(opts ...Option) Auth { return &noop{opts: NewOptions(opts...)} }

type noop struct {
	mu   sync.RWMutex
	opts Options
}

var _ Auth = (*noop)(nil)

// Init implements Auth.
func (n *noop) Init(opts ...Option) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, set := range opts {
		set(&n.opts)
	}
}

// Options implements Auth.
func (n *noop) Options() Options {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.opts
}

// Generate implements Auth. The secret is the one chosen.
func (n *noop) Generate(id string, opts ...GenerateOption) (*Account, error) {
	if id == "" {
		return nil, ErrNoID
	}
	o := NewGenerateOptions(opts...)
	return &Account{
		ID: id, Type: o.Type, Issuer: n.Options().Namespace, Secret: o.Secret,
		Metadata: maps.Clone(o.Metadata), Scopes: slices.Clone(o.Scopes),
	}, nil
}

// Inspect implements Auth: every token is somebody's.
func (n *noop) Inspect(string) (*Account, error) {
	return &Account{ID: uuid.NewString(), Issuer: n.Options().Namespace}, nil
}

// Token implements Auth.
func (n *noop) Token(...TokenOption) (*Token, error) { return &Token{}, nil }

// String implements Auth.
func (n *noop) String() string { return "noop" }
