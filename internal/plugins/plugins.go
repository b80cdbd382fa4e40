// Package plugins links every implementation by name: the one place that does.
package plugins

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/cmd"
	"github.com/microtop/microtop/framework/registry"

	// Each registers its name.
	_ "github.com/microtop/microtop/framework/registry/file"
	_ "github.com/microtop/microtop/framework/selector/blacklist"
	_ "github.com/microtop/microtop/framework/selector/dns"
	_ "github.com/microtop/microtop/framework/selector/label"
	_ "github.com/microtop/microtop/framework/selector/named"
	_ "github.com/microtop/microtop/framework/selector/static"
	_ "github.com/microtop/microtop/framework/transport/grpc"
)

// Registry makes a registry by name; the error for an unknown name lists the known ones.
func Registry(name string, opts ...registry.Option) (registry.Registry, error) {
	return open("registry", cmd.DefaultRegistries, name, opts)
}

// Broker makes a broker by name; the error for an unknown name lists the known ones.
func Broker(name string, opts ...broker.Option) (broker.Broker, error) {
	return open("broker", cmd.DefaultBrokers, name, opts)
}

func open[T, O any](kind string, known map[string]func(...O) T, name string, opts []O) (T, error) {
	if make, ok := known[name]; ok {
		return make(opts...), nil
	}
	var none T
	return none, fmt.Errorf("unknown %s %q: use one of %s", kind, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}
