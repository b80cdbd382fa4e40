package auth

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/logger"
)

// Options configure an implementation.
type Options struct {
	// Namespace is the issuer of accounts: those of another are not known here.
	Namespace string
	// ID and Secret are this service's own credentials.
	ID     string
	Secret string
	// Token is what this service calls others with.
	Token *Token
	// PublicKey checks tokens and PrivateKey signs them; what form they have is the implementation's.
	PublicKey  string
	PrivateKey string
	// Addrs are those of the service that implements Auth, if one does.
	Addrs  []string
	Logger logger.Logger
	// Context carries values that an implementation defines.
	Context context.Context
}

// GenerateOptions configure a new account.
type GenerateOptions struct {
	Metadata map[string]string
	Scopes   []string
	// Provider is who vouches for the account, such as "oauth".
	Provider string
	Type     string
	// Secret is the account's, where an implementation lets it be chosen.
	Secret string
}

// TokenOptions say whose tokens are wanted, and how long they are to live.
type TokenOptions struct {
	// ID and Secret are an account's credentials.
	ID     string
	Secret string
	// RefreshToken takes their place.
	RefreshToken string
	// Expiry is how long the access token lives; NewTokenOptions says one minute.
	Expiry time.Duration
}

// VerifyOptions configure one Verify.
type VerifyOptions struct{ Context context.Context }

// ListOptions configure one List.
type ListOptions struct{ Context context.Context }

type (
	// Option sets a field of Options.
	Option func(*Options)
	// GenerateOption sets a field of GenerateOptions.
	GenerateOption func(*GenerateOptions)
	// TokenOption sets a field of TokenOptions.
	TokenOption func(*TokenOptions)
	// VerifyOption sets a field of VerifyOptions.
	VerifyOption func(*VerifyOptions)
	// ListOption sets a field of ListOptions.
	ListOption func(*ListOptions)
)

// NewOptions returns the options that opts set, with a non-nil Context and Logger.
func NewOptions(opts ...Option) Options {
	o := Options{Logger: logger.DefaultLogger, Context: context.Background()}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// NewGenerateOptions returns the options that opts set.
func NewGenerateOptions(opts ...GenerateOption) GenerateOptions {
	var o GenerateOptions
	for _, set := range opts {
		set(&o)
	}
	return o
}

// NewTokenOptions returns the options that opts set. Expiry starts as one minute.
func NewTokenOptions(opts ...TokenOption) TokenOptions {
	o := TokenOptions{Expiry: time.Minute}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// Namespace sets the issuer of accounts.
func Namespace(n string) Option { return func(o *Options) { o.Namespace = n } }

// Addrs sets the addresses of the service that implements Auth.
func Addrs(addrs ...string) Option { return func(o *Options) { o.Addrs = addrs } }

// Credentials sets this service's own id and secret.
func Credentials(id, secret string) Option {
	return func(o *Options) { o.ID, o.Secret = id, secret }
}

// ClientToken sets what this service calls others with.
func ClientToken(token *Token) Option { return func(o *Options) { o.Token = token } }

// PublicKey sets the key that checks tokens.
func PublicKey(key string) Option { return func(o *Options) { o.PublicKey = key } }

// PrivateKey sets the key that signs tokens.
func PrivateKey(key string) Option { return func(o *Options) { o.PrivateKey = key } }

// WithLogger sets where the implementation logs.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// WithMetadata sets what else is known of the account.
func WithMetadata(md map[string]string) GenerateOption {
	return func(o *GenerateOptions) { o.Metadata = md }
}

// WithScopes sets what rules grant to.
func WithScopes(scopes ...string) GenerateOption {
	return func(o *GenerateOptions) { o.Scopes = scopes }
}

// WithProvider sets who vouches for the account.
func WithProvider(p string) GenerateOption { return func(o *GenerateOptions) { o.Provider = p } }

// WithType sets what the account is.
func WithType(t string) GenerateOption { return func(o *GenerateOptions) { o.Type = t } }

// WithSecret sets the account's secret, where the implementation lets it be chosen.
func WithSecret(s string) GenerateOption { return func(o *GenerateOptions) { o.Secret = s } }

// WithCredentials asks for the tokens of the account with these credentials.
func WithCredentials(id, secret string) TokenOption {
	return func(o *TokenOptions) { o.ID, o.Secret = id, secret }
}

// WithToken asks for the tokens of the account whose refresh token it is.
func WithToken(refreshToken string) TokenOption {
	return func(o *TokenOptions) { o.RefreshToken = refreshToken }
}

// WithExpiry sets how long the access token lives.
func WithExpiry(d time.Duration) TokenOption { return func(o *TokenOptions) { o.Expiry = d } }

// VerifyContext bounds a Verify by a context.
func VerifyContext(ctx context.Context) VerifyOption {
	return func(o *VerifyOptions) { o.Context = ctx }
}

// RulesContext bounds a List by a context.
func RulesContext(ctx context.Context) ListOption {
	return func(o *ListOptions) { o.Context = ctx }
}
