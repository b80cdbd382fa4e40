// Package token makes and checks the JSON web tokens of auth/jwt (RFC 7519; the claims are docs/wire.md §12's).
//
// The key decides the algorithm, never the token: RSA keys of 2048 bits or more mean RS256, P-256 keys ES256, Ed25519
// keys EdDSA and symmetric keys of 32 bytes or more HS256. Headers that name or carry keys are not looked at. Start
// with [New].
package token
