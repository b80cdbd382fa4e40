package token

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"github.com/microtop/microtop/framework/auth"
)

// New returns the provider of JSON web tokens. What is wrong with its keys is the error of the first use.
func New(opts ...Option) Provider {
	p := &provider{opts: NewOptions(opts...)}
	p.private, p.privateErr = privateKey(p.opts.PrivateKey)
	p.public, p.publicErr = publicKey(p.opts.PublicKey)
	if p.opts.PublicKey == "" && p.privateErr == nil {
		p.public, p.publicErr = p.private.public(), nil
	}
	if p.publicErr == nil {
		p.parser = gojwt.NewParser(
			gojwt.WithValidMethods([]string{p.public.method.Alg()}), gojwt.WithExpirationRequired(),
			gojwt.WithStrictDecoding(), gojwt.WithLeeway(min(max(p.opts.Leeway, 0), MaxLeeway)))
	}
	return p
}

type provider struct {
	opts                  Options
	private, public       key
	privateErr, publicErr error
	parser                *gojwt.Parser
}

var _ Provider = (*provider)(nil)

// String implements Provider.
func (p *provider) String() string { return "jwt" }

// Generate implements Provider.
func (p *provider) Generate(account *auth.Account, opts ...GenerateOption) (*Token, error) {
	o := NewGenerateOptions(opts...)
	switch {
	case p.privateErr != nil:
		return nil, fmt.Errorf("%w: private key (auth.PrivateKey): %w", ErrEncodingToken, p.privateErr)
	case account == nil || account.ID == "":
		return nil, fmt.Errorf("%w: %w", ErrEncodingToken, auth.ErrNoID)
	case o.Expiry <= 0:
		return nil, fmt.Errorf("%w: an expiry of %v: it must be positive", ErrEncodingToken, o.Expiry)
	}
	now := time.Now()
	end := now.Add(o.Expiry)
	c := &claims{
		Type: account.Type, Scopes: account.Scopes, Metadata: account.Metadata, Use: o.Use,
		Subject: account.ID, Issuer: account.Issuer, Expiry: &date{end},
	}
	if p.opts.Audience != "" {
		c.Audience = gojwt.ClaimStrings{p.opts.Audience}
	}
	text, err := gojwt.NewWithClaims(p.private.method, c).SignedString(p.private.value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncodingToken, err)
	}
	if len(text) > auth.TokenLimit {
		return nil, fmt.Errorf("%w: account %s makes a token of %d bytes, and %d are allowed: give it less metadata or fewer scopes",
			ErrEncodingToken, account.ID, len(text), auth.TokenLimit)
	}
	return &Token{Token: text, Created: now, Expiry: end}, nil
}

// Inspect implements Provider.
func (p *provider) Inspect(token string) (*auth.Account, error) {
	return p.InspectAs(token, Access, Refresh, Unmarked)
}

// InspectAs implements Provider.
func (p *provider) InspectAs(token string, uses ...Use) (*auth.Account, error) {
	if p.publicErr != nil {
		return nil, fmt.Errorf("inspect a token: public key (auth.PublicKey): %w", p.publicErr)
	}
	c, err := p.read(token)
	if err != nil || c.Subject == "" || c.Issuer != p.opts.Issuer || !p.meant(c.Audience) || !slices.Contains(uses, c.Use) {
		return nil, ErrInvalidToken
	}
	return &auth.Account{ID: c.Subject, Type: c.Type, Issuer: c.Issuer, Scopes: c.Scopes, Metadata: c.Metadata}, nil
}

// meant reports whether tokens for the audience are for this provider.
func (p *provider) meant(audience []string) bool {
	if p.opts.Audience == "" {
		return len(audience) == 0
	}
	return slices.Contains(audience, p.opts.Audience)
}

// read checks form, signature and time. Its errors are for tests and debuggers: callers see ErrInvalidToken.
func (p *provider) read(token string) (*claims, error) {
	if len(token) > auth.TokenLimit {
		return nil, errors.New("too long")
	}
	if err := plainHeader(token); err != nil {
		return nil, err
	}
	c := new(claims)
	parsed, err := p.parser.ParseWithClaims(token, c, func(*gojwt.Token) (any, error) { return p.public.value, nil })
	if err != nil {
		return nil, err
	}
	if _, asked := parsed.Header["crit"]; asked { // for extensions, and none is known here (RFC 7515 §4.1.11)
		return nil, errors.New("extensions are not known")
	}
	return c, nil
}

// plainHeader refuses headers that name something twice (RFC 7515 §4).
func plainHeader(token string) error {
	part, _, _ := strings.Cut(token, ".")
	header, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	return unique(header)
}
