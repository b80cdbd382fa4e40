package plugins_test

import (
	"strings"
	"testing"

	"github.com/microtop/microtop/internal/plugins"
)

func TestOpenByName(t *testing.T) {
	for _, name := range []string{"mdns", "file", "memory"} {
		r, err := plugins.Registry(name)
		if err != nil || r.String() != name {
			t.Errorf("registry %q: %v, %v", name, r, err)
		}
	}
	for _, name := range []string{"http", "memory"} {
		b, err := plugins.Broker(name)
		if err != nil || b.String() != name {
			t.Errorf("broker %q: %v, %v", name, b, err)
		}
	}
	if _, err := plugins.Registry("consul4"); err == nil || !strings.Contains(err.Error(), "file, mdns, memory") {
		t.Errorf("an unknown name's error must list the known ones: %v", err)
	}
}
