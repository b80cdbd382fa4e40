package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	gojwt "github.com/golang-jwt/jwt/v5"
)

const (
	minRSABits     = 2048
	minSecretBytes = 32 // as many as SHA-256 has (RFC 7518 §3.2)
	// secretBlock is the type of the PEM block that holds a symmetric key as it is. It is named, so that no public key
	// can be taken for a secret.
	secretBlock = "HMAC SECRET KEY" //nolint:gosec // the name of a block
)

// key is a key and the one algorithm it is used with.
type key struct {
	value  any
	method gojwt.SigningMethod
}

var errNoKey = errors.New("no key")

// privateKey reads a key that signs.
func privateKey(text string) (key, error) {
	block, err := block(text)
	if err != nil {
		return key{}, err
	}
	var parsed any
	switch block.Type {
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case secretBlock:
		parsed = block.Bytes
	default:
		return key{}, fmt.Errorf("a PEM block %q holds no private key", block.Type)
	}
	if err != nil {
		return key{}, err
	}
	return withMethod(parsed)
}

// publicKey reads a key that checks.
func publicKey(text string) (key, error) {
	block, err := block(text)
	if err != nil {
		return key{}, err
	}
	var parsed any
	switch block.Type {
	case "RSA PUBLIC KEY":
		parsed, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "PUBLIC KEY":
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "CERTIFICATE":
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			parsed = certificate.PublicKey
		}
	case secretBlock:
		parsed = block.Bytes
	default:
		return key{}, fmt.Errorf("a PEM block %q holds no public key", block.Type)
	}
	if err != nil {
		return key{}, err
	}
	return withMethod(parsed)
}

// block decodes the first PEM block that holds a key.
func block(text string) (*pem.Block, error) {
	if text == "" {
		return nil, errNoKey
	}
	rest, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("not the base64 of a PEM file (openssl base64 -A -in key.pem): %w", err)
	}
	for {
		var found *pem.Block
		if found, rest = pem.Decode(rest); found == nil {
			return nil, errors.New("the base64 holds no PEM block (openssl base64 -A -in key.pem)")
		}
		if found.Type != "EC PARAMETERS" { // which openssl writes before the key
			return found, nil
		}
	}
}

// withMethod finds the algorithm of a key, and refuses keys that are too weak for it.
func withMethod(parsed any) (key, error) {
	switch k := parsed.(type) {
	case *rsa.PrivateKey:
		return rsaKey(k, k.N.BitLen())
	case *rsa.PublicKey:
		return rsaKey(k, k.N.BitLen())
	case *ecdsa.PrivateKey:
		return ecKey(k, k.Curve)
	case *ecdsa.PublicKey:
		return ecKey(k, k.Curve)
	case ed25519.PrivateKey, ed25519.PublicKey:
		return key{k, gojwt.SigningMethodEdDSA}, nil
	case []byte:
		if len(k) < minSecretBytes {
			return key{}, fmt.Errorf("a symmetric key of %d bytes: use %d or more", len(k), minSecretBytes)
		}
		return key{k, gojwt.SigningMethodHS256}, nil
	}
	return key{}, fmt.Errorf("a key of type %T: use RSA, P-256, Ed25519 or a symmetric key", parsed)
}

func rsaKey(k any, bits int) (key, error) {
	if bits < minRSABits {
		return key{}, fmt.Errorf("an RSA key of %d bits: use %d or more", bits, minRSABits)
	}
	return key{k, gojwt.SigningMethodRS256}, nil
}

func ecKey(k any, curve elliptic.Curve) (key, error) {
	if curve != elliptic.P256() {
		return key{}, fmt.Errorf("a key on curve %s: use P-256", curve.Params().Name)
	}
	return key{k, gojwt.SigningMethodES256}, nil
}

// public is the half of a signing key that checks.
func (k key) public() key {
	switch private := k.value.(type) {
	case *rsa.PrivateKey:
		return key{&private.PublicKey, k.method}
	case *ecdsa.PrivateKey:
		return key{&private.PublicKey, k.method}
	case ed25519.PrivateKey:
		return key{private.Public(), k.method}
	}
	return k
}
