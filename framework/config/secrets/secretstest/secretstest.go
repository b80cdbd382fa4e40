// Package secretstest holds the rules that every implementation of secrets keeps. Start with [Run].
package secretstest

import (
	"bytes"
	"slices"
	"sync"
	"testing"

	"github.com/microtop/microtop/framework/config/secrets"
	"github.com/microtop/microtop/framework/limits"
)

// Sides are two that write to each other, and one who must not read it.
type Sides struct {
	Sender, Recipient, Stranger secrets.Secrets
	// To and From are what the sender encrypts and the others decrypt with.
	To   []secrets.EncryptOption
	From []secrets.DecryptOption
	// None has no keys yet, Give are the sender's.
	None secrets.Secrets
	Give []secrets.Option
}

// Run checks every rule. open returns new sides.
func Run(t *testing.T, open func(t *testing.T) Sides) {
	for _, rule := range []struct {
		name  string
		check func(*testing.T, Sides)
	}{
		{"the recipient reads what the sender wrote", roundTrip},
		{"the same text is encrypted to another each time", differs},
		{"text that was changed or cut is an error", tampered},
		{"a stranger cannot read", strange},
		{"the caller's text stays as it is", untouched},
		{"text over the limit is refused", long},
		{"without a key nothing is encrypted", keyless},
		{"Init with a wrong key is an error and changes nothing", wrongKey},
		{"the options are the caller's", unshared},
		{"it may be used from many goroutines", concurrent},
	} {
		t.Run(rule.name, func(t *testing.T) { rule.check(t, open(t)) })
	}
}

func encrypt(t *testing.T, s Sides, text string) []byte {
	t.Helper()
	out, err := s.Sender.Encrypt([]byte(text), s.To...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func roundTrip(t *testing.T, s Sides) {
	if s.Sender.String() == "" {
		t.Error("it has no name")
	}
	for _, text := range []string{"", "x", string(bytes.Repeat([]byte{0, 255}, 5000))} {
		got, err := s.Recipient.Decrypt(encrypt(t, s, text), s.From...)
		if err != nil || string(got) != text {
			t.Errorf("%d bytes became %d, %v", len(text), len(got), err)
		}
	}
}

func differs(t *testing.T, s Sides) {
	a, b := encrypt(t, s, "the same text"), encrypt(t, s, "the same text")
	if bytes.Equal(a, b) || bytes.Contains(a, []byte("text")) {
		t.Errorf("%q and %q", a, b)
	}
}

func tampered(t *testing.T, s Sides) {
	text := encrypt(t, s, "text")
	refuse := func(what string, in []byte) {
		t.Helper()
		if got, err := s.Recipient.Decrypt(in, s.From...); err == nil || got != nil {
			t.Errorf("%s: %q, no error", what, got)
		}
	}
	for i := range text {
		for bit := range 8 {
			other := slices.Clone(text)
			other[i] ^= 1 << bit
			refuse("a bit was changed", other)
		}
		refuse("cut", text[:i])
	}
	refuse("longer", append(slices.Clone(text), 0))
}

func strange(t *testing.T, s Sides) {
	if got, err := s.Stranger.Decrypt(encrypt(t, s, "text"), s.From...); err == nil || got != nil {
		t.Errorf("%q, no error", got)
	}
}

func untouched(t *testing.T, s Sides) {
	text := make([]byte, 4, 100)
	before := slices.Clone(text[:cap(text)])
	out, err := s.Sender.Encrypt(text, s.To...)
	if err != nil {
		t.Fatal(err)
	}
	sealed := slices.Clone(out)
	if _, err := s.Recipient.Decrypt(out, s.From...); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text[:cap(text)], before) || !bytes.Equal(out, sealed) {
		t.Error("it was changed")
	}
}

func long(t *testing.T, s Sides) {
	most := limits.Default().MessageBytes
	if out, err := s.Sender.Encrypt(make([]byte, most+1), s.To...); err == nil || out != nil {
		t.Error("encrypted")
	}
	if _, err := s.Recipient.Decrypt(make([]byte, 2*most), s.From...); err == nil {
		t.Error("decrypted")
	}
}

func keyless(t *testing.T, s Sides) {
	if out, err := s.None.Encrypt([]byte("text"), s.To...); err == nil || out != nil {
		t.Errorf("encrypted to %q", out)
	}
	if _, err := s.None.Decrypt(encrypt(t, s, "text"), s.From...); err == nil {
		t.Error("decrypted")
	}
	if err := s.None.Init(); err == nil {
		t.Error("Init without a key: no error")
	}
	if err := s.None.Init(s.Give...); err != nil {
		t.Fatal(err)
	}
	if _, err := s.None.Encrypt([]byte("text"), s.To...); err != nil {
		t.Errorf("with a key: %v", err)
	}
}

func wrongKey(t *testing.T, s Sides) {
	short := make([]byte, 31)
	for range 2 {
		if err := s.Recipient.Init(secrets.Key(short), secrets.PrivateKey(short)); err == nil {
			t.Error("a key of 31 bytes was taken")
		}
		if _, err := s.Recipient.Decrypt(encrypt(t, s, "text"), s.From...); err != nil {
			t.Errorf("the old key is lost: %v", err)
		}
	}
}

func unshared(t *testing.T, s Sides) {
	o := s.Recipient.Options()
	clear(o.Key)
	clear(o.PrivateKey)
	if _, err := s.Recipient.Decrypt(encrypt(t, s, "text"), s.From...); err != nil {
		t.Errorf("a caller changed the key: %v", err)
	}
}

func concurrent(t *testing.T, s Sides) {
	own := s.Recipient.Options()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				text, err := s.Sender.Encrypt([]byte("text"), s.To...)
				if err != nil {
					t.Error(err)
				}
				if _, err := s.Recipient.Decrypt(text, s.From...); err != nil {
					t.Error(err)
				}
				if err := s.Recipient.Init(secrets.Key(own.Key), secrets.PrivateKey(own.PrivateKey)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
