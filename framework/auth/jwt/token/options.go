package token

import "time"

const (
	// DefaultExpiry is how long tokens live for which nothing is said.
	DefaultExpiry = 15 * time.Minute
	// MaxLeeway is the most that two clocks may differ.
	MaxLeeway = time.Minute
)

// Options configure a provider.
type Options struct {
	// PublicKey checks tokens: base64 of a PEM block. Empty means the public half of PrivateKey.
	PublicKey string
	// PrivateKey signs tokens: base64 of a PEM block. Empty means that none can be made.
	PrivateKey string
	// Issuer is what tokens must name as their issuer, also when empty.
	Issuer string
	// Audience is put into tokens, and they must name it. Without one, tokens that name any are refused, since they
	// are for others (RFC 7519 §4.1.3).
	Audience string
	// Leeway is how much the clocks of who made and who checks a token may differ; more than MaxLeeway counts as that.
	Leeway time.Duration
}

// Option sets a field of Options.
type Option func(*Options)

// NewOptions returns the options that opts set.
func NewOptions(opts ...Option) Options {
	var o Options
	for _, set := range opts {
		set(&o)
	}
	return o
}

// WithPublicKey sets the key that checks tokens.
func WithPublicKey(key string) Option { return func(o *Options) { o.PublicKey = key } }

// WithPrivateKey sets the key that signs tokens.
func WithPrivateKey(key string) Option { return func(o *Options) { o.PrivateKey = key } }

// WithIssuer sets what tokens must name as their issuer.
func WithIssuer(name string) Option { return func(o *Options) { o.Issuer = name } }

// WithAudience sets whom tokens are for.
func WithAudience(name string) Option { return func(o *Options) { o.Audience = name } }

// WithLeeway sets how much clocks may differ.
func WithLeeway(d time.Duration) Option { return func(o *Options) { o.Leeway = d } }

// GenerateOptions configure a token.
type GenerateOptions struct {
	// Expiry is how long the token lives.
	Expiry time.Duration
	// Use is what it is for.
	Use Use
}

// GenerateOption sets a field of GenerateOptions.
type GenerateOption func(*GenerateOptions)

// NewGenerateOptions returns the options that opts set. Expiry starts as 15 minutes, Use as Access.
func NewGenerateOptions(opts ...GenerateOption) GenerateOptions {
	o := GenerateOptions{Expiry: DefaultExpiry, Use: Access}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// WithExpiry sets how long the token lives.
func WithExpiry(d time.Duration) GenerateOption { return func(o *GenerateOptions) { o.Expiry = d } }

// WithUse sets what the token is for.
func WithUse(u Use) GenerateOption { return func(o *GenerateOptions) { o.Use = u } }
