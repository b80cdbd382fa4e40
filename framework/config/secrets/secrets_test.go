package secrets_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/config/secrets"
)

func TestOptionsShowNoKeys(t *testing.T) {
	var o secrets.Options
	key := []byte("canarycanary")
	for _, set := range []secrets.Option{secrets.Key(key), secrets.PrivateKey(key), secrets.PublicKey(key)} {
		set(&o)
	}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "options", o)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "options", &o)
	text, err := json.Marshal(map[string]any{"o": o})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{
		fmt.Sprintf("%v %+v %#v %s %x %q", o, o, o, o, o, &o), fmt.Sprint(struct{ O secrets.Options }{o}), logged.String(), string(text),
	} {
		for _, canary := range []string{"canary", "[99 97 110", fmt.Sprintf("%x", key), fmt.Sprintf("%#v", key)} {
			if strings.Contains(out, canary) || !strings.Contains(out, "redacted") {
				t.Errorf("shown: %s", out)
			}
		}
	}
}

func TestKeysAreCopied(t *testing.T) {
	key := []byte{1}
	var o secrets.Options
	secrets.Key(key)(&o)
	key[0] = 2
	if o.Key[0] != 1 {
		t.Error("the caller changed the key")
	}
}
