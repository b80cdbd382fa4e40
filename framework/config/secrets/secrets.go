// Package secrets encrypts values of configuration, so that files and stores may hold them. Implementations are in
// folders of their own: secretbox for one key that both sides share, box for a pair of keys a side. Start with [Secrets].
package secrets

import (
	"context"
	"fmt"
	"log/slog"
)

// Secrets encrypts and decrypts. Implementations are safe for concurrent use and take 4 MiB (framework/limits) at most.
type Secrets interface {
	// Init applies options and says what is wrong with the keys. Keys that the constructor was given need no Init:
	// without valid ones Encrypt and Decrypt return the same error.
	Init(...Option) error
	// Options returns the options in force. The keys are copies.
	Options() Options
	// Encrypt returns the encrypted text. It is another each time, and longer than the text.
	Encrypt([]byte, ...EncryptOption) ([]byte, error)
	// Decrypt returns the text. What was not encrypted for these keys, or was changed since, is an error.
	Decrypt([]byte, ...DecryptOption) ([]byte, error)
	// String names the implementation.
	String() string
}

// Options configure an implementation. Printed or logged, they show no keys.
type Options struct {
	// Key is the key that both sides share: secretbox.
	Key []byte
	// PrivateKey and PublicKey are this side's pair: box.
	PrivateKey []byte
	PublicKey  []byte
	// Context carries values of implementations.
	Context context.Context
}

// Option sets a field of Options.
type Option func(*Options)

// Key sets the key that both sides share. It is copied.
func Key(k []byte) Option { return func(o *Options) { o.Key = append([]byte{}, k...) } }

// PublicKey sets this side's public key. It is copied.
func PublicKey(key []byte) Option {
	return func(o *Options) { o.PublicKey = append([]byte{}, key...) }
}

// PrivateKey sets this side's private key. It is copied.
func PrivateKey(key []byte) Option {
	return func(o *Options) { o.PrivateKey = append([]byte{}, key...) }
}

const hidden = "secrets.Options{[redacted]}"

// Format implements fmt.Formatter without the keys.
func (o Options) Format(to fmt.State, _ rune) { _, _ = to.Write([]byte(hidden)) }

// LogValue implements slog.LogValuer without the keys.
func (o Options) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements encoding.TextMarshaler, and by it JSON, without the keys.
func (o Options) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// EncryptOptions configure one Encrypt.
type EncryptOptions struct {
	// RecipientPublicKey is the key of the side that decrypts: box.
	RecipientPublicKey []byte
}

// EncryptOption sets a field of EncryptOptions.
type EncryptOption func(*EncryptOptions)

// RecipientPublicKey sets the key of the side that decrypts.
func RecipientPublicKey(key []byte) EncryptOption {
	return func(e *EncryptOptions) { e.RecipientPublicKey = key }
}

// DecryptOptions configure one Decrypt.
type DecryptOptions struct {
	// SenderPublicKey is the key of the side that encrypted: box.
	SenderPublicKey []byte
}

// DecryptOption sets a field of DecryptOptions.
type DecryptOption func(*DecryptOptions)

// SenderPublicKey sets the key of the side that encrypted.
func SenderPublicKey(key []byte) DecryptOption {
	return func(d *DecryptOptions) { d.SenderPublicKey = key }
}
