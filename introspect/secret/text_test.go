package secret_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/microtop/microtop/introspect/secret"
)

// A service that echoes a secret in its error does not get it written down, and what is none stays readable.
func TestASecretThatIsEchoedIsMarked(t *testing.T) {
	values := secret.Values(map[string]string{"Authorization": "Bearer hunter2", "tenant": "acme"}, []byte(`{"name":"kettle","login":{"password":["swordfish",123456789]}}`))
	for _, tt := range []struct{ in, want string }{
		{"bad login hunter2 of acme", "bad login [redacted] of acme"},
		{"got Bearer hunter2", "got [redacted]"},
		{"swordfish, 123456789: kettle", "[redacted], [redacted]: kettle"},
		{"header Authorization: Bearer other.value", "header Authorization: Bearer [redacted]"},
		{"dial db?user=ann&password=p4ss&x=1", "dial db?user=ann&password=[redacted]&x=1"},
		{`body {"apiKey": "a\"b", "id": "7"}`, `body {"apiKey": "[redacted]", "id": "7"}`},
		{"invalid token: signature is expired", "invalid token: signature is expired"},
		{"id=7 is not there", "id=7 is not there"},
	} {
		if got := secret.Text(tt.in, values...); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

// A value that is a part of the mark does not make the text grow with each time that it is given.
func TestAMarkIsNotMarkedAgain(t *testing.T) {
	values := slices.Repeat([]string{"reda", "dact", "hunter2"}, 1000)
	if got := secret.Text("for hunter2", values...); got != "for [redacted]" {
		t.Errorf("%d bytes: %.80s", len(got), got)
	}
}

func FuzzText(f *testing.F) {
	f.Add(`{"token":"x"} a=b Bearer abcd`, "abcd")
	f.Fuzz(func(t *testing.T, text, value string) {
		got := secret.Text(text, value)
		if len(value) >= 4 && !strings.Contains(secret.Mark, value) && strings.Contains(text, value) && !strings.Contains(got, secret.Mark) {
			t.Errorf("%q of %q is not marked: %q", value, text, got)
		}
	})
}
