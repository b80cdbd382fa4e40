package token

import (
	"errors"
	"time"

	"github.com/microtop/microtop/framework/auth"
)

var (
	// ErrInvalidToken is the one answer to a token that is not right.
	ErrInvalidToken = auth.ErrInvalidToken
	// ErrEncodingToken says that a token could not be made.
	ErrEncodingToken = errors.New("error encoding the token")
)

// Use is what a token is for. It is the claim "token_use", which v4's tokens do not have.
type Use string

const (
	// Access tokens go with calls.
	Access Use = "access"
	// Refresh tokens are exchanged for a new pair.
	Refresh Use = "refresh"
	// Secret tokens are accounts' secrets, exchanged for the first pair.
	Secret Use = "secret"
	// Unmarked tokens do not say what they are for: v4 made them.
	Unmarked Use = ""
)

// Token is a token and when it was made and ends.
type Token struct {
	// Token is the token itself.
	Token string `json:"token"`
	// Created is when it was made.
	Created time.Time `json:"created"`
	// Expiry is when it ends.
	Expiry time.Time `json:"expiry"`
}

// Provider makes tokens for accounts and tells accounts from tokens. Implementations are safe for concurrent use.
type Provider interface {
	// Generate makes a token for the account, whose secret is not in it.
	Generate(account *auth.Account, opts ...GenerateOption) (*Token, error)
	// Inspect returns the account of an access, refresh or unmarked token, or ErrInvalidToken.
	Inspect(token string) (*auth.Account, error)
	// InspectAs returns the account of a token that is for one of the uses, or ErrInvalidToken.
	InspectAs(token string, uses ...Use) (*auth.Account, error)
	// String names the implementation.
	String() string
}
