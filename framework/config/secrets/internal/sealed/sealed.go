// Package sealed is the form of text that NaCl encrypted, as v4 has it: a nonce of 24 random bytes, then the box.
// Start with [Split].
package sealed

import (
	"crypto/rand"
	"errors"
	"fmt"

	"golang.org/x/crypto/nacl/secretbox"

	"github.com/microtop/microtop/framework/limits"
)

const (
	// KeyBytes is the length of every key.
	KeyBytes   = 32
	nonceBytes = 24
)

// ErrOpen is what text that cannot be decrypted leads to.
var ErrOpen = errors.New("it was not encrypted for this key, or was changed since")

// Key returns a key as NaCl takes it; what names it in the error.
func Key(what string, key []byte) (*[KeyBytes]byte, error) {
	if len(key) != KeyBytes {
		return nil, fmt.Errorf("the %s has %d bytes: give one of %d", what, len(key), KeyBytes)
	}
	return (*[KeyBytes]byte)(key), nil
}

// Nonce returns a new nonce, with room for text behind it. Text that is too long is an error.
func Nonce(text []byte) (nonce [nonceBytes]byte, out []byte, err error) {
	if most := limits.Default().MessageBytes; limits.Exceeded(len(text), most) {
		return nonce, nil, fmt.Errorf("%d bytes, at most %d are encrypted", len(text), most)
	}
	_, _ = rand.Read(nonce[:]) // never fails
	out = make([]byte, nonceBytes, nonceBytes+len(text)+secretbox.Overhead)
	copy(out, nonce[:])
	return nonce, out, nil
}

// Split returns the nonce and the box of encrypted text.
func Split(text []byte) (nonce [nonceBytes]byte, box []byte, err error) {
	switch most := limits.Default().MessageBytes + nonceBytes + secretbox.Overhead; {
	case len(text) < nonceBytes+secretbox.Overhead:
		return nonce, nil, fmt.Errorf("%d bytes are too few for encrypted text", len(text))
	case limits.Exceeded(len(text), most):
		return nonce, nil, fmt.Errorf("%d bytes, at most %d are decrypted", len(text), most)
	}
	return [nonceBytes]byte(text[:nonceBytes]), text[nonceBytes:], nil
}
