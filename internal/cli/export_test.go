package cli

import (
	"bytes"
	"context"
	"io"

	"github.com/spf13/pflag"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
)

// Again are the flags of a copied command line, of a console that was started with args.
func Again(args ...string) ([]string, error) {
	var f connectFlags
	flags := pflag.NewFlagSet("microtop", pflag.ContinueOnError)
	f.add(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return f.again(), nil
}

// Where is what a command line, or with switched a console's `:context`, connects to.
type Where struct {
	Context, Registry, RegistryAddress, Broker, BrokerAddress, Transport, Protocol string
	Timeout                                                                        string
	TLS, Insecure, ReadOnly                                                        bool
	CA, Cert, Token                                                                string
	TokenHosts, Proto, ProtoPath                                                   []string
	Metadata                                                                       map[string]string
	Again                                                                          []string
}

// Target is what a command line connects to; switched, unless empty, is the context that its console switches to.
func Target(switched string, args ...string) (Where, string, error) {
	var said bytes.Buffer
	a := &app{err: &said, given: pflag.NewFlagSet("microtop", pflag.ContinueOnError)}
	a.flags.add(a.given)
	if err := a.given.Parse(args); err != nil {
		return Where{}, "", err
	}
	to, err := a.target()
	if switched != "" {
		to, err = a.switched(switched)
	}
	return Where{
		Context: to.name, Registry: to.registry, RegistryAddress: to.registryAddress, Broker: to.broker, BrokerAddress: to.brokerAddress,
		Transport: to.transport, Protocol: to.protocol, Timeout: to.timeout.String(), TLS: to.tls.on, Insecure: to.tls.insecure, ReadOnly: to.readOnly,
		CA: to.tls.ca, Cert: to.tls.cert, Token: to.debugToken, TokenHosts: to.tokenHosts, Proto: to.protos, ProtoPath: to.protoPaths,
		Metadata: to.metadata, Again: to.again,
	}, said.String(), err
}

// Hub holds a console's connections.
type Hub = hub

// NewHub is the hub of a console that was started with args.
func NewHub(ctx context.Context, journal *tui.Journal, args ...string) (*Hub, error) {
	a := &app{err: io.Discard, given: pflag.NewFlagSet("microtop", pflag.ContinueOnError)}
	a.flags.add(a.given)
	if err := a.given.Parse(args); err != nil {
		return nil, err
	}
	return newHub(ctx, a, theme.Default(), journal)
}

// To connects to a context, as `:context NAME` does.
func (h *hub) To(ctx context.Context, name string) (tui.Screens, error) {
	return (&targets{h, target{}}).Open(ctx, name)
}

// End closes all connections, as the end of the console does.
func (h *hub) End() error { return h.close() }

// Twin is the command line that shows what a screen shows.
func Twin(screen string, with any, connect ...string) string { return twin(screen, connect)(with) }
