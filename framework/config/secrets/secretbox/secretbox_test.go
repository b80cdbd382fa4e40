package secretbox_test

import (
	"bytes"
	"fmt"
	"testing"

	nacl "golang.org/x/crypto/nacl/secretbox"

	"github.com/microtop/microtop/framework/config/secrets"
	"github.com/microtop/microtop/framework/config/secrets/secretbox"
	"github.com/microtop/microtop/framework/config/secrets/secretstest"
)

func key(b byte) secrets.Option { return secrets.Key(bytes.Repeat([]byte{b}, 32)) }

func TestConformance(t *testing.T) {
	secretstest.Run(t, func(*testing.T) secretstest.Sides {
		return secretstest.Sides{
			Sender: secretbox.NewSecrets(key(1)), Recipient: secretbox.NewSecrets(key(1)), Stranger: secretbox.NewSecrets(key(2)),
			None: secretbox.NewSecrets(), Give: []secrets.Option{key(1)},
		}
	})
}

// v4 writes the nonce before NaCl's box.
func TestTheFormIsV4s(t *testing.T) {
	k := [32]byte(bytes.Repeat([]byte{1}, 32))
	nonce := [24]byte{7}
	s := secretbox.NewSecrets(key(1))
	if got, err := s.Decrypt(nacl.Seal(nonce[:], []byte("text"), &nonce, &k)); err != nil || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
	out, err := s.Encrypt([]byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	nonce = [24]byte(out[:24])
	if got, ok := nacl.Open(nil, out[24:], &nonce, &k); !ok || string(got) != "text" {
		t.Errorf("%q, %v", got, ok)
	}
}

func FuzzDecrypt(f *testing.F) {
	s := secretbox.NewSecrets(key(1))
	k, nonce := [32]byte(bytes.Repeat([]byte{1}, 32)), [24]byte{7} // the same in every process of the run
	good := nacl.Seal(nonce[:], []byte("text"), &nonce, &k)
	f.Add([]byte{})
	f.Add(make([]byte, 40))
	f.Add(good)
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := s.Decrypt(in)
		if err == nil && (!bytes.Equal(in, good) || len(got) != len(in)-40) {
			t.Errorf("%x was decrypted to %x", in, got)
		}
	})
}

func ExampleNewSecrets() {
	s := secretbox.NewSecrets(secrets.Key([]byte("32 random bytes, kept in a safe.")))
	text, err := s.Encrypt([]byte("password"))
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := s.Decrypt(text)
	fmt.Println(string(got), err)
	// Output: password <nil>
}
