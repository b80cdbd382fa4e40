// Package box encrypts from one side to another, each with a pair of keys: NaCl's box (Curve25519, XSalsa20 and Poly1305).
// Encrypted text is a nonce of 24 bytes and the box, as v4 writes and reads it. Start with [NewSecrets].
package box

import (
	"bytes"
	"crypto/ecdh"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/crypto/nacl/box"

	"github.com/microtop/microtop/framework/config/secrets"
	"github.com/microtop/microtop/framework/config/secrets/internal/sealed"
)

const name = "box"

type pair struct {
	mu   sync.RWMutex
	opts secrets.Options
}

var _ secrets.Secrets = (*pair)(nil)

// NewSecrets returns the implementation. It needs secrets.PrivateKey with 32 random bytes; secrets.PublicKey may be left
// out, since it follows from the private key, and is checked if it is not.
//
// Encrypt needs secrets.RecipientPublicKey, Decrypt secrets.SenderPublicKey. One shared key is computed of a private
// and a public one, so that the sender can decrypt what it encrypted, too.
func NewSecrets(opts ...secrets.Option) secrets.Secrets {
	p := &pair{}
	for _, set := range opts {
		set(&p.opts)
	}
	if own, err := private(p.opts); err == nil {
		p.opts.PublicKey = own.PublicKey().Bytes()
	}
	return p
}

// Init implements secrets.Secrets. With a wrong key nothing changes. A new private key without its public key brings that
// with it.
func (p *pair) Init(opts ...secrets.Option) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.opts
	for _, set := range opts {
		set(&o)
	}
	if !bytes.Equal(o.PrivateKey, p.opts.PrivateKey) && bytes.Equal(o.PublicKey, p.opts.PublicKey) {
		o.PublicKey = nil
	}
	own, err := private(o)
	if err != nil {
		return err
	}
	o.PublicKey = own.PublicKey().Bytes()
	p.opts = o
	return nil
}

// private returns this side's private key.
func private(o secrets.Options) (*ecdh.PrivateKey, error) {
	if _, err := sealed.Key("private key", o.PrivateKey); err != nil {
		return nil, fmt.Errorf("%s: %w (secrets.PrivateKey)", name, err)
	}
	own, err := ecdh.X25519().NewPrivateKey(o.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("%s: private key: %w", name, err)
	}
	if len(o.PublicKey) > 0 && !bytes.Equal(o.PublicKey, own.PublicKey().Bytes()) {
		return nil, fmt.Errorf("%s: the public key is not the private key's: leave secrets.PublicKey out", name)
	}
	return own, nil
}

// shared returns what both sides' keys make together. option is what gives the other side's.
func (p *pair) shared(other []byte, option string) (*[sealed.KeyBytes]byte, error) {
	o := p.Options()
	own, err := private(o)
	if err != nil {
		return nil, err
	}
	public, err := sealed.Key("other side's public key", other)
	if err != nil {
		return nil, fmt.Errorf("%w (secrets.%s)", err, option)
	}
	theirs, err := ecdh.X25519().NewPublicKey(other)
	if err == nil {
		_, err = own.ECDH(theirs)
	}
	if err != nil {
		return nil, errors.New("the other side's public key is none: anyone could decrypt what is encrypted with it")
	}
	key := new([sealed.KeyBytes]byte)
	box.Precompute(key, public, (*[sealed.KeyBytes]byte)(o.PrivateKey))
	return key, nil
}

// Options implements secrets.Secrets.
func (p *pair) Options() secrets.Options {
	p.mu.RLock()
	defer p.mu.RUnlock()
	o := p.opts
	o.Key, o.PrivateKey, o.PublicKey = slices.Clone(o.Key), slices.Clone(o.PrivateKey), slices.Clone(o.PublicKey)
	return o
}

// Encrypt implements secrets.Secrets. It needs secrets.RecipientPublicKey.
func (p *pair) Encrypt(in []byte, opts ...secrets.EncryptOption) ([]byte, error) {
	var o secrets.EncryptOptions
	for _, set := range opts {
		set(&o)
	}
	key, err := p.shared(o.RecipientPublicKey, "RecipientPublicKey")
	if err != nil {
		return nil, fmt.Errorf("%s: encrypt: %w", name, err)
	}
	nonce, out, err := sealed.Nonce(in)
	if err != nil {
		return nil, fmt.Errorf("%s: encrypt: %w", name, err)
	}
	return box.SealAfterPrecomputation(out, in, &nonce, key), nil
}

// Decrypt implements secrets.Secrets. It needs secrets.SenderPublicKey.
func (p *pair) Decrypt(in []byte, opts ...secrets.DecryptOption) ([]byte, error) {
	var o secrets.DecryptOptions
	for _, set := range opts {
		set(&o)
	}
	key, err := p.shared(o.SenderPublicKey, "SenderPublicKey")
	if err != nil {
		return nil, fmt.Errorf("%s: decrypt: %w", name, err)
	}
	nonce, inner, err := sealed.Split(in)
	if err != nil {
		return nil, fmt.Errorf("%s: decrypt: %w", name, err)
	}
	text, ok := box.OpenAfterPrecomputation(nil, inner, &nonce, key)
	if !ok {
		return nil, fmt.Errorf("%s: decrypt: %w", name, sealed.ErrOpen)
	}
	return text, nil
}

// String implements secrets.Secrets.
func (p *pair) String() string { return name }
