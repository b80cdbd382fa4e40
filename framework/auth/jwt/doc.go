// Package jwt is the auth.Auth of JSON web tokens (RFC 7519; docs/wire.md §12).
//
// Accounts are not stored: an account's secret is itself a token, good for 15 minutes, which Token exchanges for an
// access token and a refresh token that lives an hour longer. Give auth.PrivateKey to programs that make tokens and
// auth.PublicKey to those that only check them, each the base64 of a PEM file (openssl base64 -A -in key.pem). All must
// agree on auth.Namespace, which is the tokens' issuer. What an account's metadata says can be read by everybody who
// sees its token: tokens are signed, not secret. Start with [NewAuth].
package jwt
