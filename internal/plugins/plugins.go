// Package plugins links every implementation by name: the one place that does.
package plugins

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
)

var registries = map[string]func(...registry.Option) registry.Registry{
	"mdns":   registry.NewRegistry,
	"file":   file.NewRegistry,
	"memory": registry.NewMemoryRegistry,
}

var brokers = map[string]func(...broker.Option) broker.Broker{
	"http":   broker.NewBroker,
	"memory": broker.NewMemoryBroker,
}

// Registry makes a registry by name; the error for an unknown name lists the known ones.
func Registry(name string, opts ...registry.Option) (registry.Registry, error) {
	return open("registry", registries, name, opts)
}

// Broker makes a broker by name; the error for an unknown name lists the known ones.
func Broker(name string, opts ...broker.Option) (broker.Broker, error) {
	return open("broker", brokers, name, opts)
}

func open[T, O any](kind string, known map[string]func(...O) T, name string, opts []O) (T, error) {
	if make, ok := known[name]; ok {
		return make(opts...), nil
	}
	var none T
	return none, fmt.Errorf("unknown %s %q: use one of %s", kind, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}
