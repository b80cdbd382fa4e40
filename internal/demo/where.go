package demo

import (
	"fmt"

	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
)

// where says which registry the fleet is in.
type where struct{ registry, address string }

// The registries that need nothing but this host.
const (
	overMDNS = "mdns"
	inFiles  = "file"
)

// choose returns the registry that was asked for. If none was, it is mdns where multicast works, else the file
// registry, and why says what is wrong with multicast.
func choose(asked where, probe func() error) (w where, why error, err error) {
	switch asked.registry {
	case overMDNS:
		return asked, nil, nil
	case inFiles:
		return files(asked.address), nil, nil
	case "":
		if why := probe(); why != nil {
			return files(asked.address), why, nil
		}
		return where{overMDNS, asked.address}, nil, nil
	default:
		return where{}, nil, fmt.Errorf("the demo needs a registry that runs by itself: use --registry mdns or file, not %q", asked.registry)
	}
}

func files(dir string) where { return where{inFiles, file.Dir(registry.Addrs(dir))} }

// open returns the registry.
func (w where) open(log logger.Logger) registry.Registry {
	opts := []registry.Option{registry.Logger(log)}
	if w.address != "" {
		opts = append(opts, registry.Addrs(w.address))
	}
	if w.registry == inFiles {
		return file.NewRegistry(opts...)
	}
	return registry.NewRegistry(opts...)
}
