package auth

import (
	"errors"
	"log/slog"
	"time"
)

// BearerScheme begins the value of an Authorization header that carries a token.
const BearerScheme = "Bearer "

// TokenLimit is the longest token, in bytes, that an implementation looks at: longer ones are refused unread.
const TokenLimit = 8 << 10

var (
	// ErrInvalidToken is the one answer to a token that is not right, whatever is wrong with it: what was wrong would
	// help only a forger.
	ErrInvalidToken = errors.New("invalid token provided")
	// ErrForbidden says that no rule lets the account use the resource, or that a rule keeps it from it.
	ErrForbidden = errors.New("resource forbidden")
)

// Auth makes accounts and tokens, and says whose a token is. Implementations are safe for concurrent use.
type Auth interface {
	// Init applies options. What is wrong with them, such as a key that cannot be read, is the error of the next use.
	Init(opts ...Option)
	// Options returns the options in force.
	Options() Options
	// Generate makes an account with a secret that Token takes. The id must not be empty.
	Generate(id string, opts ...GenerateOption) (*Account, error)
	// Inspect returns the account of an access or refresh token, without its secret.
	// The error is, or wraps, ErrInvalidToken when the token is not valid.
	Inspect(token string) (*Account, error)
	// Token makes a pair of tokens for the account whose credentials or refresh token the options give.
	// The error is, or wraps, ErrInvalidToken when those are not valid.
	Token(opts ...TokenOption) (*Token, error)
	// String names the implementation.
	String() string
}

// AccessInspector is what implementations also implement whose tokens say what they are for.
type AccessInspector interface {
	// InspectAccess is Inspect for tokens that came with a call: it also refuses refresh tokens.
	InspectAccess(token string) (*Account, error)
}

// InspectAccess returns the account of a token that came with a call, by a's InspectAccess if it has one, else by
// Inspect.
func InspectAccess(a Auth, token string) (*Account, error) {
	if strict, ok := a.(AccessInspector); ok {
		return strict.InspectAccess(token)
	}
	return a.Inspect(token)
}

// Account is somebody, a person or a service. The JSON form is docs/wire.md §12's.
type Account struct {
	// ID names the account.
	ID string `json:"id"`
	// Type says what it is, such as "user" or "service"; what the types are is up to the programs.
	Type string `json:"type"`
	// Issuer is the namespace that the account belongs to.
	Issuer string `json:"issuer"`
	// Metadata is whatever else is known.
	Metadata map[string]string `json:"metadata"`
	// Scopes are what rules grant to.
	Scopes []string `json:"scopes"`
	// Secret is exchanged for tokens. Only Generate returns it.
	Secret string `json:"secret"`
}

// LogValue keeps the secret, and what metadata may hold, out of logs.
func (a Account) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", a.ID), slog.String("type", a.Type), slog.String("issuer", a.Issuer))
}

// Token is a pair of tokens. The JSON form is docs/wire.md §12's.
type Token struct {
	// AccessToken goes with calls, until Expiry.
	AccessToken string `json:"access_token"`
	// RefreshToken is exchanged for a new pair; it lives longer.
	RefreshToken string `json:"refresh_token"`
	// Created is when the pair was made.
	Created time.Time `json:"created"`
	// Expiry is when the access token ends.
	Expiry time.Time `json:"expiry"`
}

// Expired reports whether the access token has ended. A token without an expiry has.
func (t Token) Expired() bool { return !time.Now().Before(t.Expiry) }

// LogValue keeps the tokens out of logs.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(slog.Time("created", t.Created), slog.Time("expiry", t.Expiry))
}
