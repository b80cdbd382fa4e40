package jwt

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/auth/jwt/token"
)

// refreshExtra is how much longer a refresh token lives than its access token.
const refreshExtra = time.Hour

// NewAuth returns the Auth of JSON web tokens. It also implements auth.AccessInspector.
func NewAuth(opts ...auth.Option) auth.Auth {
	j := &jwt{opts: auth.NewOptions()}
	j.Init(opts...)
	return j
}

type jwt struct {
	mu       sync.RWMutex
	opts     auth.Options
	provider token.Provider
}

var (
	_ auth.Auth            = (*jwt)(nil)
	_ auth.AccessInspector = (*jwt)(nil)
)

// Init implements auth.Auth.
func (j *jwt) Init(opts ...auth.Option) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, set := range opts {
		set(&j.opts)
	}
	j.provider = token.New(
		token.WithPublicKey(j.opts.PublicKey), token.WithPrivateKey(j.opts.PrivateKey), token.WithIssuer(j.opts.Namespace),
		token.WithAudience(value[string](j.opts, audienceKey{})), token.WithLeeway(value[time.Duration](j.opts, leewayKey{})))
}

// Options implements auth.Auth.
func (j *jwt) Options() auth.Options {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.opts
}

func (j *jwt) in() (token.Provider, auth.Options) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.provider, j.opts
}

// Generate implements auth.Auth. The secret cannot be chosen: it is a token, and auth.WithSecret changes nothing.
func (j *jwt) Generate(id string, opts ...auth.GenerateOption) (*auth.Account, error) {
	provider, in := j.in()
	o := auth.NewGenerateOptions(opts...)
	account := &auth.Account{ID: id, Type: o.Type, Issuer: in.Namespace, Scopes: slices.Clone(o.Scopes), Metadata: maps.Clone(o.Metadata)}
	secret, err := provider.Generate(account, token.WithUse(token.Secret))
	if err != nil {
		return nil, err
	}
	account.Secret = secret.Token
	return account, nil
}

// Inspect implements auth.Auth. It takes access and refresh tokens, and those of v4, which do not say what they are.
func (j *jwt) Inspect(text string) (*auth.Account, error) {
	provider, _ := j.in()
	return provider.Inspect(text)
}

// InspectAccess implements auth.AccessInspector. It takes access tokens and those of v4.
func (j *jwt) InspectAccess(text string) (*auth.Account, error) {
	provider, _ := j.in()
	return provider.InspectAs(text, token.Access, token.Unmarked)
}

// Token implements auth.Auth. Credentials go before a refresh token.
func (j *jwt) Token(opts ...auth.TokenOption) (*auth.Token, error) {
	provider, in := j.in()
	o := auth.NewTokenOptions(opts...)
	account, err := exchange(provider, o, value[bool](in, unmarkedKey{}))
	if err != nil {
		return nil, err
	}
	access, err := provider.Generate(account, token.WithExpiry(o.Expiry))
	if err != nil {
		return nil, err
	}
	refresh, err := provider.Generate(account, token.WithExpiry(o.Expiry+refreshExtra), token.WithUse(token.Refresh))
	if err != nil {
		return nil, err
	}
	return &auth.Token{AccessToken: access.Token, RefreshToken: refresh.Token, Created: access.Created, Expiry: access.Expiry}, nil
}

// exchange returns the account that the options' secret or refresh token is of.
func exchange(provider token.Provider, o auth.TokenOptions, unmarked bool) (*auth.Account, error) {
	text, use := o.RefreshToken, token.Refresh
	if o.Secret != "" {
		text, use = o.Secret, token.Secret
	}
	uses := []token.Use{use}
	if unmarked {
		uses = append(uses, token.Unmarked)
	}
	account, err := provider.InspectAs(text, uses...)
	if err != nil {
		return nil, err
	}
	if o.Secret != "" && account.ID != o.ID {
		return nil, auth.ErrInvalidToken
	}
	return account, nil
}

// String implements auth.Auth.
func (j *jwt) String() string { return "jwt" }
