package jwt_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/auth/jwt"
)

const namespace = "go.micro"

// pair is a key pair as the options take it.
type pair struct {
	signer          crypto.Signer
	private, public string
	publicPEM       []byte
}

func newPair(signer crypto.Signer) pair {
	private, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		panic(err)
	}
	public, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		panic(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	return pair{signer, b64(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), b64(publicPEM), publicPEM}
}

func b64(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

// The keys of the tests, made once.
var (
	rsaPair = sync.OnceValue(func() pair { return newPair(must(rsa.GenerateKey(rand.Reader, 2048))) })
	ecPair  = sync.OnceValue(func() pair { return newPair(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))) })
	edPair  = sync.OnceValue(func() pair {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return newPair(must(key, err))
	})
	secretKey  = []byte("0123456789abcdef0123456789abcdef")
	secretPair = sync.OnceValue(func() pair {
		text := b64(pem.EncodeToMemory(&pem.Block{Type: "HMAC SECRET KEY", Bytes: secretKey}))
		return pair{private: text, public: text}
	})
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (p pair) open(opts ...auth.Option) auth.Auth {
	return jwt.NewAuth(append([]auth.Option{auth.Namespace(namespace), auth.PublicKey(p.public), auth.PrivateKey(p.private)}, opts...)...)
}

// sign makes the signature of a token's first two parts.
type sign func(signed []byte) []byte

func segment(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// forge makes a token from its parts as they are.
func forge(header, payload string, signature sign) string {
	signed := segment([]byte(header)) + "." + segment([]byte(payload))
	return signed + "." + segment(signature([]byte(signed)))
}

func rs256(signed []byte) []byte {
	digest := sha256.Sum256(signed)
	return must(rsa.SignPKCS1v15(nil, rsaPair().signer.(*rsa.PrivateKey), crypto.SHA256, digest[:]))
}

func ps256(signed []byte) []byte {
	digest := sha256.Sum256(signed)
	return must(rsa.SignPSS(rand.Reader, rsaPair().signer.(*rsa.PrivateKey), crypto.SHA256, digest[:], nil))
}

func hs256(key []byte) sign {
	return func(signed []byte) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write(signed)
		return mac.Sum(nil)
	}
}

func zeros(n int) sign { return func([]byte) []byte { return make([]byte, n) } }

// v4Claims are the claims of a token as v4's plug-in writes them (docs/wire.md §12).
func v4Claims(end time.Time) string {
	return fmt.Sprintf(`{"type":"user","scopes":["admin"],"metadata":{"team":"x"},"exp":%d,"iss":%q,"sub":"ada"}`, end.Unix(), namespace)
}

const rs256Header = `{"alg":"RS256","typ":"JWT"}`

func inspectable(t *testing.T, a auth.Auth, token string) {
	t.Helper()
	if account, err := a.Inspect(token); err != nil || account.ID != "ada" {
		t.Errorf("Inspect = %+v, %v", account, err)
	}
}

func unsegment(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
