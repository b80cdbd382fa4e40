package cli

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/microtop/microtop/introspect/contexts"
)

// target is what to connect to, once flags, environment and a context are put together.
type target struct {
	connectFlags
	name     string // the context's, "" for none
	colour   string
	metadata map[string]string
	again    []string // the flags that connect a copied command line in the same way
}

// target is what the command line asks for: what a flag says wins over the environment, that over the context, that over the
// defaults.
func (a *app) target() (target, error) {
	return a.under(a.flags, func(flag string) bool { return a.given.Changed(flag) || os.Getenv(variables[flag]) != "" })
}

// switched is what the console is connected to by `:context NAME`: the newest word, so what the context says wins over
// the environment. Flags that the console was started with were about another target; --readonly alone stays. None is the
// target that the console was started with, without any context.
func (a *app) switched(name string) (target, error) {
	if name == contexts.None {
		f := a.flags
		f.context = contexts.None
		return a.under(f, nil)
	}
	var f connectFlags
	f.add(pflag.NewFlagSet("", pflag.ContinueOnError)) // the environment's, and the defaults
	f.context, f.readOnly = name, a.flags.readOnly
	return a.under(f, func(flag string) bool { return flag == "readonly" && f.readOnly })
}

// under puts the chosen context below what flags and environment said.
func (a *app) under(f connectFlags, said func(flag string) bool) (target, error) {
	out := target{connectFlags: f}
	out.debugToken = cmp.Or(f.debugToken, os.Getenv("MICRO_DEBUG_TOKEN"))
	c, err := chosen(f.context)
	if err != nil {
		return out, usageError{err}
	}
	if c.Name == "" {
		if f.context == contexts.None && !hidden() {
			f.context = "" // nobody needs to be told
		}
		out.again = f.again()
		return out, nil
	}
	out.name, out.colour, out.metadata = c.Name, c.Colour, c.Metadata
	if err := out.fill(c, said); err != nil {
		return out, usageError{err}
	}
	for flag, value := range map[string]string{"registry": c.Registry, "registry-address": c.RegistryAddress, "broker": c.Broker, "broker-address": c.BrokerAddress} {
		if env := os.Getenv(variables[flag]); value != "" && env != "" && env != value && said(flag) && !a.given.Changed(flag) {
			_ = a.errLine(fmt.Sprintf("microtop: %s=%s in the environment wins over the %s of context %s", variables[flag], env, flag, c.Name))
		}
	}
	f.context = c.Name
	out.again = f.beside(out.connectFlags).again()
	return out, nil
}

// chosen is the context of a name, its references filled in: "" is the file's current one. It has no name where there is none.
func chosen(name string) (contexts.Context, error) {
	if name == contexts.None {
		return contexts.Context{}, nil
	}
	file, err := contexts.Open("")
	if err != nil {
		if name == "" { // nobody asked for one
			err = nil
		}
		return contexts.Context{}, err
	}
	saved, err := file.Read()
	if err != nil {
		return contexts.Context{}, err
	}
	if name = cmp.Or(name, saved.Current); name == "" || name == contexts.None {
		return contexts.Context{}, nil
	}
	c, err := saved.Get(name)
	if err != nil {
		return c, err
	}
	return c.Resolve(file.Dir(), os.LookupEnv)
}

// hidden tells whether a command would be given a context, here or in another shell, if nobody said none.
func hidden() bool {
	name := os.Getenv(variables["context"])
	if name == contexts.None {
		name = ""
	}
	c, err := chosen(name)
	return err != nil || c.Name != ""
}

// fill takes from a context what nothing above it said. What belongs together is taken together: an address is one of a
// registry, hosts are those of a token, proto files have their path.
func (f *connectFlags) fill(c contexts.Context, said func(flag string) bool) error {
	set := func(flag string, at *string, value string) {
		if value != "" && !said(flag) {
			*at = value
		}
	}
	place := func(flag string, kind, address *string, of, at string) {
		other := of != "" && of != *kind
		switch {
		case other && said(flag):
			return
		case other && !said(flag+"-address"):
			*address = ""
		}
		set(flag, kind, of)
		set(flag+"-address", address, at)
	}
	place("registry", &f.registry, &f.registryAddress, c.Registry, c.RegistryAddress)
	place("broker", &f.broker, &f.brokerAddress, c.Broker, c.BrokerAddress)
	set("transport", &f.transport, c.Transport)
	set("protocol", &f.protocol, c.Protocol)
	f.tls.fill(c, said)
	if len(c.DebugTokenHosts) > 0 && !said("debug-token-hosts") && (c.DebugToken == "" || !said("debug-token")) {
		f.tokenHosts = c.DebugTokenHosts
	}
	set("debug-token", &f.debugToken, c.DebugToken)
	if c.Timeout != "" && !said("timeout") {
		timeout, err := time.ParseDuration(c.Timeout)
		if err != nil || timeout <= 0 {
			return fmt.Errorf("context %s: timeout %q: write a time such as 5s", c.Name, c.Timeout)
		}
		f.timeout = timeout
	}
	if !slices.ContainsFunc([]string{"proto", "proto-path", "protoset"}, said) {
		f.protos, f.protoPaths, f.protosets = c.Proto, c.ProtoPath, c.Protoset
	}
	if c.ReadOnly && !said("readonly") {
		f.readOnly = true
	}
	return nil
}

// fill takes a context's TLS, unless anything was said of it.
func (f *tlsFlags) fill(c contexts.Context, said func(flag string) bool) {
	if !f.given() && !said("tls") {
		*f = tlsFlags{on: c.TLS, insecure: c.Insecure, ca: c.CA, cert: c.Cert, key: c.Key, serverName: c.ServerName}
	}
}

// beside are the flags that a command line needs beside --context, to come to the same: those that were said, with what they
// came to.
func (f connectFlags) beside(came connectFlags) connectFlags {
	for _, flag := range []struct {
		said *string
		came string
	}{{&f.registry, came.registry}, {&f.registryAddress, came.registryAddress}, {&f.brokerAddress, came.brokerAddress}} {
		if *flag.said != "" {
			*flag.said = flag.came
		}
	}
	if f.broker != defaultBroker {
		f.broker = came.broker
	}
	return f
}
