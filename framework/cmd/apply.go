package cmd

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/debug/profile"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/runtime"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/transport"
)

// application is one pass of the flags over the components. Implementations are chosen first, then configured: an
// address is for the one that is in use in the end.
type application struct {
	*Options
	flags  *pflag.FlagSet
	server []server.Option
	client []client.Option
}

func apply(flags *pflag.FlagSet, o *Options) error {
	a := &application{Options: o, flags: flags}
	for _, step := range []func() error{
		a.chooseRegistry, a.chooseTransport, a.chooseBroker, a.chooseSelector, a.chooseTracer,
		a.applyServer, a.applyClient, a.applyStore, a.applyAuth, a.applyRuntime, a.applyProfile, a.chooseConfig,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// given says whether a flag, or its variable, was given.
func (a *application) given(name string) bool { return a.flags.Changed(name) }

func (a *application) text(name string) string {
	text, _ := a.flags.GetString(name) // DefaultFlags has it
	return text
}

func (a *application) number(name string) int {
	n, _ := a.flags.GetInt(name) // as above
	return n
}

func (a *application) duration(name string) time.Duration {
	d, _ := a.flags.GetDuration(name) // as above
	return d
}

// list is a flag of several values with commas between them; nil if it was not given.
func (a *application) list(name string) []string {
	var out []string
	for part := range strings.SplitSeq(a.text(name), ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// choose puts the implementation of that name in place of the current one, unless that has the name already or none is
// asked for.
func choose[T any, O any](kind, name string, known map[string]func(...O) T, current *T, opts ...O) (changed bool, err error) {
	if name == "" {
		return false, nil
	}
	if named, ok := any(*current).(fmt.Stringer); ok && named.String() == name {
		return false, nil
	}
	open, ok := known[name]
	if !ok {
		return false, unknown(kind, name, slices.Sorted(maps.Keys(known)))
	}
	*current = open(opts...)
	return true, nil
}

func unknown(kind, name string, known []string) error {
	return fmt.Errorf("%s %s not found: use one of %s, or import the plug-in: import _ \"…/framework/%s/%s\"", kind, name, strings.Join(known, ", "), strings.ToLower(kind), name)
}

func (a *application) chooseRegistry() error {
	changed, err := choose("registry", a.text("registry"), a.Registries, a.Registry, registry.Logger(a.Logger))
	if err != nil {
		return err
	}
	if addresses := a.list("registry-address"); addresses != nil {
		if err := (*a.Registry).Init(registry.Addrs(addresses...)); err != nil {
			return fmt.Errorf("registry address: %w", err)
		}
	}
	if !changed {
		return nil
	}
	a.server = append(a.server, server.Registry(*a.Registry))
	a.client = append(a.client, client.Registry(*a.Registry))
	return errors.Join((*a.Broker).Init(broker.Registry(*a.Registry)), (*a.Selector).Init(selector.Registry(*a.Registry)))
}

func (a *application) chooseTransport() error {
	changed, err := choose("transport", a.text("transport"), a.Transports, a.Transport, transport.WithLogger(a.Logger))
	if err != nil {
		return err
	}
	if addresses := a.list("transport-address"); addresses != nil {
		if err := (*a.Transport).Init(transport.Addrs(addresses...)); err != nil {
			return fmt.Errorf("transport address: %w", err)
		}
	}
	if changed {
		a.server = append(a.server, server.Transport(*a.Transport))
		a.client = append(a.client, client.Transport(*a.Transport))
	}
	return nil
}

func (a *application) chooseBroker() error {
	changed, err := choose("broker", a.text("broker"), a.Brokers, a.Broker, broker.Logger(a.Logger), broker.Registry(*a.Registry))
	if err != nil {
		return err
	}
	if addresses := a.list("broker-address"); addresses != nil {
		if err := (*a.Broker).Init(broker.Addrs(addresses...)); err != nil {
			return fmt.Errorf("broker address: %w", err)
		}
	}
	if changed {
		a.server = append(a.server, server.Broker(*a.Broker))
		a.client = append(a.client, client.Broker(*a.Broker))
	}
	return nil
}

func (a *application) chooseSelector() error {
	changed, err := choose("selector", a.text("selector"), a.Selectors, a.Selector, selector.WithLogger(a.Logger), selector.Registry(*a.Registry))
	if changed {
		a.client = append(a.client, client.Selector(*a.Selector))
	}
	return err
}

func (a *application) chooseTracer() error {
	changed, err := choose("tracer", a.text("tracer"), a.Tracers, a.Tracer)
	if changed {
		a.server = append(a.server, server.Tracer(*a.Tracer))
	}
	return err
}

func (a *application) applyStore() error {
	changed, err := choose("store", a.text("store"), a.Stores, a.Store, store.WithLogger(a.Logger))
	if err != nil {
		return err
	}
	var opts []store.Option
	if nodes := a.list("store-address"); nodes != nil {
		opts = append(opts, store.Nodes(nodes...))
	}
	if a.given("store-database") {
		opts = append(opts, store.Database(a.text("store-database")))
	}
	if a.given("store-table") {
		opts = append(opts, store.Table(a.text("store-table")))
	}
	if len(opts) == 0 && !changed {
		return nil
	}
	if err := (*a.Store).Init(opts...); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

func (a *application) applyAuth() error {
	if _, err := choose("auth", a.text("auth"), a.Auths, a.Auth, auth.WithLogger(a.Logger)); err != nil {
		return err
	}
	var opts []auth.Option
	if a.given("auth-id") || a.given("auth-secret") {
		opts = append(opts, auth.Credentials(a.text("auth-id"), a.text("auth-secret")))
	}
	for name, option := range map[string]func(string) auth.Option{
		"auth-namespace": auth.Namespace, "auth-public-key": auth.PublicKey, "auth-private-key": auth.PrivateKey,
	} {
		if a.given(name) {
			opts = append(opts, option(a.text(name)))
		}
	}
	if len(opts) > 0 {
		(*a.Auth).Init(opts...)
	}
	return nil
}

func (a *application) applyRuntime() error {
	if _, err := choose("runtime", a.text("runtime"), a.Runtimes, a.Runtime, runtime.WithLogger(a.Logger)); err != nil {
		return err
	}
	if !a.given("runtime-source") {
		return nil
	}
	if err := (*a.Runtime).Init(runtime.WithSource(a.text("runtime-source"))); err != nil {
		return fmt.Errorf("runtime source: %w", err)
	}
	return nil
}

// chooseConfig makes the config of that name, unless the current one has its loader's name. Sources are the program's to load.
func (a *application) chooseConfig() error {
	name := a.text("config")
	if l := (*a.Config).Options().Loader; name == "" || l != nil && l.String() == name {
		return nil
	}
	open, ok := a.Configs[name]
	if !ok {
		return unknown("config", name, slices.Sorted(maps.Keys(a.Configs)))
	}
	chosen, err := open()
	if err != nil {
		return fmt.Errorf("config %s: %w", name, err)
	}
	*a.Config = chosen
	return nil
}

func (a *application) applyProfile() error {
	_, err := choose("profile", a.text("profile"), a.Profiles, a.Profile, profile.Name((*a.Server).Options().Name))
	return err
}
