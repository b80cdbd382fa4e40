package plugins_test

import (
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/cmd"
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

// The transports that --transport takes.
func TestA189_TransportsByName(t *testing.T) {
	for _, name := range []string{"http", "memory", "grpc"} {
		make := cmd.DefaultTransports[name]
		if make == nil {
			t.Errorf("no transport is named %s", name)
			continue
		}
		if is := make().String(); is != name {
			t.Errorf("%s is %s", name, is)
		}
	}
}

// The selectors that --selector takes: "cache" and "registry" are both the default one (A166).
func TestA160_A166_A167_A168_SelectorsByName(t *testing.T) {
	for name, is := range map[string]string{
		"cache": "registry", "registry": "registry", "blacklist": "blacklist", "label": "label", "named": "named", "static": "static", "dns": "dns",
	} {
		make := cmd.DefaultSelectors[name]
		if make == nil {
			t.Errorf("no selector is named %s", name)
			continue
		}
		s := make()
		if s.String() != is {
			t.Errorf("%s is %s", name, s)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
