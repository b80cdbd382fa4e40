package token_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/auth/jwt/token"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

func block(kind string, data []byte) string {
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}))
}

func TestKeysThatAreNot(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := x509.MarshalECPrivateKey(p384)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, key, want string }{
		{"none", "", "no key"},
		{"no base64", "-----BEGIN PRIVATE KEY-----", "openssl base64 -A"},
		{"no PEM", base64.StdEncoding.EncodeToString([]byte("secret")), "no PEM block"},
		{"another block", block("CAT", nil), `a PEM block "CAT" holds no private key`},
		{"broken DER", block("PRIVATE KEY", []byte("x")), "asn1"},
		{"short RSA", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(short)), "an RSA key of 1024 bits: use 2048 or more"},
		{"another curve", block("EC PRIVATE KEY", ec), "a key on curve P-384: use P-256"},
		{"a short secret", block("HMAC SECRET KEY", []byte("hunter2")), "a symmetric key of 7 bytes: use 32 or more"},
		{"an empty secret", block("HMAC SECRET KEY", nil), "a symmetric key of 0 bytes"},
		{"a public key", block("PUBLIC KEY", nil), "holds no private key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := token.New(token.WithPrivateKey(c.key)).Generate(&auth.Account{ID: "ada"})
			if !errors.Is(err, token.ErrEncodingToken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Generate = %v, want %q", err, c.want)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error tells the key: %v", err)
			}
		})
	}
}

func TestKeysAsOpensslWritesThem(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	for kind, data := range map[string][]byte{"EC PARAMETERS": {1}} {
		if err := pem.Encode(&file, &pem.Block{Type: kind, Bytes: data}); err != nil {
			t.Fatal(err)
		}
	}
	if err := pem.Encode(&file, &pem.Block{Type: "EC PRIVATE KEY", Bytes: der}); err != nil {
		t.Fatal(err)
	}
	p := token.New(token.WithPrivateKey(base64.StdEncoding.EncodeToString(file.Bytes())))
	made, err := p.Generate(&auth.Account{ID: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	if account, err := p.Inspect(made.Token); err != nil || account.ID != "ada" {
		t.Errorf("%+v, %v", account, err)
	}
}

func TestDefaultsOfATokenOfAProvider(t *testing.T) {
	p := token.New(token.WithPrivateKey(block("HMAC SECRET KEY", secret)))
	made, err := p.Generate(&auth.Account{ID: "ada"})
	if err != nil || made.Expiry.Sub(made.Created) != 15*time.Minute || p.String() != "jwt" {
		t.Errorf("%+v, %v", made, err)
	}
	if _, err := p.Generate(nil); !errors.Is(err, auth.ErrNoID) {
		t.Errorf("a token for nobody: %v", err)
	}
}

// FuzzInspect holds the parser to this: nothing is taken whose signature is not the key's, and every refusal is the same.
func FuzzInspect(f *testing.F) {
	p := token.New(token.WithPrivateKey(block("HMAC SECRET KEY", secret)))
	made, err := p.Generate(&auth.Account{ID: "ada", Scopes: []string{"a"}, Metadata: map[string]string{"k": "v"}}, token.WithExpiry(1000*time.Hour))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		made.Token, made.Token[:len(made.Token)-2], "..", "", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", strings.Repeat(".", 9000), "e30.e30.e30", "bnVsbA.bnVsbA.", made.Token + ".",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		account, err := p.Inspect(text)
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %v for %d bytes", took, len(text))
		}
		if err != nil {
			if err != token.ErrInvalidToken || account != nil { //nolint:errorlint // the very same
				t.Errorf("account %v, error %v", account, err)
			}
			return
		}
		if err := signed(text); err != nil {
			t.Errorf("taken: %q, though %v", text, err)
		}
	})
}

// FuzzInspectClaims is FuzzInspect behind the signature: whatever claims say, an account has an id, and its time is not over.
func FuzzInspectClaims(f *testing.F) {
	p := token.New(token.WithPrivateKey(block("HMAC SECRET KEY", secret)))
	for _, seed := range []string{
		`{"sub":"ada","exp":9999999999}`, `{"sub":"ada","exp":9999999999,"token_use":"access","scopes":null,"metadata":{"a":"b"}}`, `null`, `[]`, `{`,
		`{"exp":1e999}`, `{"sub":"a","sub":"b","exp":9999999999}`, `{"aud":[""]}`, `{"exp":-1}`, `{"SUB":"x","exp":9999999999}`, strings.Repeat("[", 4000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, claims []byte) {
		head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
		account, err := p.Inspect(head + "." + base64.RawURLEncoding.EncodeToString(mac(head)))
		switch {
		case err == nil && (account.ID == "" || account.Issuer != "" || account.Secret != ""):
			t.Errorf("%s: account %+v", claims, account)
		case err != nil && err != token.ErrInvalidToken: //nolint:errorlint // the very same
			t.Errorf("%s: %v", claims, err)
		}
	})
}

func mac(text string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func signed(text string) error {
	cut := strings.LastIndex(text, ".")
	signature, err := base64.RawURLEncoding.DecodeString(text[cut+1:])
	if err != nil {
		return err
	}
	if !hmac.Equal(signature, mac(text[:cut])) {
		return fmt.Errorf("the signature is not the key's")
	}
	return nil
}
