// Package secretbox encrypts with one key that both sides share: NaCl's secretbox (XSalsa20 and Poly1305). Encrypted text
// is a nonce of 24 bytes and the box, as v4 writes and reads it. Start with [NewSecrets].
package secretbox

import (
	"fmt"
	"slices"
	"sync"

	"golang.org/x/crypto/nacl/secretbox"

	"github.com/microtop/microtop/framework/config/secrets"
	"github.com/microtop/microtop/framework/config/secrets/internal/sealed"
)

const name = "secretbox"

type box struct {
	mu   sync.RWMutex
	opts secrets.Options
}

var _ secrets.Secrets = (*box)(nil)

// NewSecrets returns the implementation. It needs secrets.Key with 32 random bytes.
func NewSecrets(opts ...secrets.Option) secrets.Secrets {
	b := &box{}
	for _, set := range opts {
		set(&b.opts)
	}
	return b
}

// Init implements secrets.Secrets. With a wrong key nothing changes.
func (b *box) Init(opts ...secrets.Option) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.opts
	for _, set := range opts {
		set(&o)
	}
	if _, err := key(o); err != nil {
		return err
	}
	b.opts = o
	return nil
}

func key(o secrets.Options) (*[sealed.KeyBytes]byte, error) {
	k, err := sealed.Key("key", o.Key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (secrets.Key)", name, err)
	}
	return k, nil
}

func (b *box) key() (*[sealed.KeyBytes]byte, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return key(b.opts) // Init replaces keys and changes none
}

// Options implements secrets.Secrets.
func (b *box) Options() secrets.Options {
	b.mu.RLock()
	defer b.mu.RUnlock()
	o := b.opts
	o.Key, o.PrivateKey, o.PublicKey = slices.Clone(o.Key), slices.Clone(o.PrivateKey), slices.Clone(o.PublicKey)
	return o
}

// Encrypt implements secrets.Secrets. It takes no options.
func (b *box) Encrypt(in []byte, _ ...secrets.EncryptOption) ([]byte, error) {
	k, err := b.key()
	if err != nil {
		return nil, err
	}
	nonce, out, err := sealed.Nonce(in)
	if err != nil {
		return nil, fmt.Errorf("%s: encrypt: %w", name, err)
	}
	return secretbox.Seal(out, in, &nonce, k), nil
}

// Decrypt implements secrets.Secrets. It takes no options.
func (b *box) Decrypt(in []byte, _ ...secrets.DecryptOption) ([]byte, error) {
	k, err := b.key()
	if err != nil {
		return nil, err
	}
	nonce, inner, err := sealed.Split(in)
	if err != nil {
		return nil, fmt.Errorf("%s: decrypt: %w", name, err)
	}
	text, ok := secretbox.Open(nil, inner, &nonce, k)
	if !ok {
		return nil, fmt.Errorf("%s: decrypt: %w", name, sealed.ErrOpen)
	}
	return text, nil
}

// String implements secrets.Secrets.
func (b *box) String() string { return name }
