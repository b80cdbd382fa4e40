package box_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"testing"

	nacl "golang.org/x/crypto/nacl/box"

	"github.com/microtop/microtop/framework/config/secrets"
	"github.com/microtop/microtop/framework/config/secrets/box"
	"github.com/microtop/microtop/framework/config/secrets/secretstest"
)

func private(b byte) secrets.Option { return secrets.PrivateKey(bytes.Repeat([]byte{b}, 32)) }

func TestConformance(t *testing.T) {
	secretstest.Run(t, func(*testing.T) secretstest.Sides {
		a, b := box.NewSecrets(private(1)), box.NewSecrets(private(2))
		return secretstest.Sides{
			Sender: a, Recipient: b, Stranger: box.NewSecrets(private(3)), None: box.NewSecrets(), Give: []secrets.Option{private(1)},
			To:   []secrets.EncryptOption{secrets.RecipientPublicKey(b.Options().PublicKey)},
			From: []secrets.DecryptOption{secrets.SenderPublicKey(a.Options().PublicKey)},
		}
	})
}

// v4 writes the nonce before NaCl's box, and its keys are NaCl's.
func TestTheFormIsV4s(t *testing.T) {
	public, secret, err := nacl.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := box.NewSecrets()
	if err := s.Init(secrets.PublicKey(public[:]), secrets.PrivateKey(secret[:])); err != nil {
		t.Fatal(err)
	}
	nonce := [24]byte{7}
	in := nacl.Seal(nonce[:], []byte("text"), &nonce, public, secret)
	if got, err := s.Decrypt(in, secrets.SenderPublicKey(public[:])); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
	out, err := s.Encrypt([]byte("text"), secrets.RecipientPublicKey(public[:]))
	if err != nil {
		t.Fatal(err)
	}
	nonce = [24]byte(out[:24])
	if got, ok := nacl.Open(nil, out[24:], &nonce, public, secret); !ok || string(got) != "text" {
		t.Errorf("%q, %v", got, ok)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	s := box.NewSecrets(private(1))
	for _, key := range [][]byte{nil, make([]byte, 31), make([]byte, 32), append([]byte{1}, make([]byte, 31)...)} {
		if out, err := s.Encrypt([]byte("text"), secrets.RecipientPublicKey(key)); err == nil || out != nil {
			t.Errorf("encrypted for %x", key)
		}
		if _, err := s.Decrypt(make([]byte, 100), secrets.SenderPublicKey(key)); err == nil {
			t.Errorf("decrypted from %x", key)
		}
	}
	if err := s.Init(secrets.PublicKey(bytes.Repeat([]byte{9}, 32))); err == nil {
		t.Error("another's public key was taken")
	}
	before := s.Options().PublicKey
	if err := s.Init(private(2)); err != nil || bytes.Equal(s.Options().PublicKey, before) {
		t.Errorf("a new private key kept the old public key, %v", err)
	}
	if _, err := box.NewSecrets(private(1), secrets.PublicKey(bytes.Repeat([]byte{9}, 32))).Encrypt(nil, secrets.RecipientPublicKey(before)); err == nil {
		t.Error("a pair that is none encrypts")
	}
}

func FuzzDecrypt(f *testing.F) {
	s := box.NewSecrets(private(1))
	public := s.Options().PublicKey
	secret, nonce := [32]byte(bytes.Repeat([]byte{1}, 32)), [24]byte{7} // the same in every process of the run
	good := nacl.Seal(nonce[:], []byte("text"), &nonce, (*[32]byte)(public), &secret)
	f.Add([]byte{}, public)
	f.Add(good, public)
	f.Add(good, make([]byte, 32))
	f.Fuzz(func(t *testing.T, in, sender []byte) {
		got, err := s.Decrypt(in, secrets.SenderPublicKey(sender))
		if err == nil && (!bytes.Equal(in, good) || len(got) != len(in)-40) {
			t.Errorf("%x from %x was decrypted to %x", in, sender, got)
		}
	})
}

func ExampleNewSecrets() {
	pair := func() secrets.Secrets {
		key, err := ecdh.X25519().GenerateKey(rand.Reader)
		if err != nil {
			panic(err)
		}
		return box.NewSecrets(secrets.PrivateKey(key.Bytes()))
	}
	operator, service := pair(), pair()
	text, err := operator.Encrypt([]byte("password"), secrets.RecipientPublicKey(service.Options().PublicKey))
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := service.Decrypt(text, secrets.SenderPublicKey(operator.Options().PublicKey))
	fmt.Println(string(got), err)
	// Output: password <nil>
}
