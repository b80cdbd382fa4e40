package cmd

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/server"
)

// applyServer chooses the server and gives it what its flags and the components before it say.
func (a *application) applyServer() error {
	if _, err := choose("server", a.text("server"), a.Servers, a.Server, a.ServerOptions...); err != nil {
		return err
	}
	opts := a.server
	for name, option := range map[string]func(string) server.Option{
		"server-name": server.Name, "server-version": server.Version, "server-id": server.Id,
		"server-address": server.Address, "server-advertise": server.Advertise,
	} {
		if a.given(name) {
			opts = append(opts, option(a.text(name)))
		}
	}
	for name, option := range map[string]func(time.Duration) server.Option{
		"register-ttl": server.RegisterTTL, "register-interval": server.RegisterInterval,
	} {
		if !a.given(name) {
			continue
		}
		seconds := a.number(name)
		if seconds < 0 {
			return fmt.Errorf("--%s %d: give a number of seconds that is not negative", name, seconds)
		}
		opts = append(opts, option(time.Duration(seconds)*time.Second))
	}
	if a.given("server-metadata") {
		metadata, err := a.metadata()
		if err != nil {
			return err
		}
		opts = append(opts, server.Metadata(metadata))
	}
	if len(opts) == 0 {
		return nil
	}
	if err := (*a.Server).Init(opts...); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// metadata is what the program set with what the flag adds.
func (a *application) metadata() (map[string]string, error) {
	out := maps.Clone((*a.Server).Options().Metadata)
	if out == nil {
		out = map[string]string{}
	}
	pairs, err := a.flags.GetStringSlice("server-metadata")
	if err != nil {
		return nil, err
	}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, fmt.Errorf("--server-metadata %q: give key=value", pair)
		}
		out[key] = value
	}
	return out, nil
}

// applyClient chooses the client and gives it what its flags and the components before it say.
func (a *application) applyClient() error {
	if _, err := choose("client", a.text("client"), a.Clients, a.Client, a.ClientOptions...); err != nil {
		return err
	}
	opts := a.client
	if a.given("client-retries") {
		opts = append(opts, client.Retries(a.number("client-retries")))
	}
	if size := a.number("client-pool-size"); size > 0 {
		opts = append(opts, client.PoolSize(size))
	}
	for name, option := range map[string]func(time.Duration) client.Option{
		"client-request-timeout": client.RequestTimeout, "client-pool-ttl": client.PoolTTL,
	} {
		if !a.given(name) {
			continue
		}
		d := a.duration(name)
		if d <= 0 {
			return fmt.Errorf("--%s %v: give a duration over zero, such as 500ms", name, d)
		}
		opts = append(opts, option(d))
	}
	if len(opts) == 0 {
		return nil
	}
	if err := (*a.Client).Init(opts...); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return nil
}
