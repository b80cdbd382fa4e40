package cli

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
	"github.com/microtop/microtop/internal/plugins"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/contexts"
	"github.com/microtop/microtop/introspect/schema"
)

// probeTimeout bounds the question whether multicast works here.
const probeTimeout = 500 * time.Millisecond

const defaultBroker = "http"

// connectFlags say what to connect to. A flag wins over its environment variable, that over a context (see target).
type connectFlags struct {
	context                   string
	registry, registryAddress string
	broker, brokerAddress     string
	debugToken                string
	tokenHosts                []string
	protocol, transport       string
	timeout                   time.Duration
	readOnly                  bool
	protos, protoPaths        []string
	protosets                 []string
	tls                       tlsFlags
}

// variables are the environment variables of flags.
var variables = map[string]string{ //nolint:gosec // names of variables
	"context": "MICROTOP_CONTEXT", "registry": "MICRO_REGISTRY", "registry-address": "MICRO_REGISTRY_ADDRESS", "broker": "MICRO_BROKER",
	"broker-address": "MICRO_BROKER_ADDRESS", "debug-token": "MICRO_DEBUG_TOKEN",
}

func (f *connectFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.context, "context", os.Getenv("MICROTOP_CONTEXT"), "the saved target to connect to, see `microtop context` (MICROTOP_CONTEXT); none for none; other flags win over it")
	flags.StringVar(&f.registry, "registry", os.Getenv("MICRO_REGISTRY"), "registry: mdns, file or memory (MICRO_REGISTRY); default mdns, or file where multicast does not work")
	flags.StringVar(&f.registryAddress, "registry-address", os.Getenv("MICRO_REGISTRY_ADDRESS"), "registry address, or the file registry's directory (MICRO_REGISTRY_ADDRESS)")
	flags.StringVar(&f.broker, "broker", envOr("MICRO_BROKER", defaultBroker), "broker: http or memory (MICRO_BROKER)")
	flags.StringVar(&f.brokerAddress, "broker-address", os.Getenv("MICRO_BROKER_ADDRESS"), "broker address (MICRO_BROKER_ADDRESS)")
	flags.StringVar(&f.debugToken, "debug-token", "", "token for Debug.Profile, Log and Trace of nodes on other hosts (MICRO_DEBUG_TOKEN); sent to --address and --debug-token-hosts only")
	flags.StringSliceVar(&f.tokenHosts, "debug-token-hosts", nil, "addresses or prefixes that may see the debug token, such as 10.0.0.0/8")
	flags.StringVar(&f.protocol, "protocol", introspect.Auto, "what the node at --address speaks: auto, mucp, grpc or http (auto knows the first two)")
	flags.StringVar(&f.transport, "transport", "", "what the mucp node at --address is reached over: http or grpc; default http")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Second, "how long a call may take, all attempts together")
	flags.StringArrayVar(&f.protos, "proto", nil, "a .proto file, for services that do not describe themselves; may be given again")
	flags.StringArrayVar(&f.protoPaths, "proto-path", nil, "a folder to look for --proto files and their imports in; may be given again")
	flags.StringArrayVar(&f.protosets, "protoset", nil, "a descriptor set that protoc wrote, in place of --proto; may be given again")
	f.tls.add(flags)
	flags.BoolVar(&f.readOnly, "readonly", false, "change nothing: no calls, no publishing, no tails that must register")
}

func envOr(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

// session connects as the flags, the environment and the chosen context say. The caller closes it.
func (a *app) session(ctx context.Context) (*introspect.Session, error) {
	where, err := a.target()
	if err != nil {
		return nil, err
	}
	return a.connect(ctx, where)
}

// connect connects to a target. The caller closes the session.
func (a *app) connect(ctx context.Context, where target) (*introspect.Session, error) {
	f := where.connectFlags
	if !slices.Contains([]string{introspect.Auto, introspect.MUCP, introspect.GRPC, introspect.HTTP}, f.protocol) {
		return nil, usagef("--protocol %q: use auto, mucp, grpc or http", f.protocol)
	}
	if !slices.Contains([]string{"", "http", introspect.GRPC}, f.transport) {
		return nil, usagef("--transport %q: use http or grpc", f.transport)
	}
	if f.transport != "" && f.protocol != introspect.Auto && f.protocol != introspect.MUCP {
		return nil, usagef("--transport is of mucp nodes: leave --protocol %s out", f.protocol)
	}
	hosts, err := f.hosts()
	if err != nil {
		return nil, err
	}
	files, err := f.files(ctx)
	if err != nil {
		return nil, err
	}
	secured, err := a.tlsOptions(f.tls)
	if err != nil {
		return nil, err
	}
	quiet := logger.NewLogger(logger.WithOutput(cleanWriter{a.err}), logger.WithLevel(logger.ErrorLevel), logger.WithLog(log.NewLog()))
	r, registered, err := a.openRegistry(ctx, f, quiet)
	if err != nil {
		return nil, err
	}
	b, err := plugins.Broker(f.broker, broker.Registry(r), broker.Logger(quiet), broker.Addrs(addresses(f.brokerAddress)...))
	if err != nil {
		return nil, usageError{err}
	}
	return introspect.Open(introspect.Config{
		Registry: r, Broker: b, Registered: registered, Context: where.name, Metadata: where.metadata,
		Client:  introspect.NewClient(append(secured, client.Registry(r), client.Broker(b), client.WithLogger(quiet), client.NoProxy())...),
		Timeout: f.timeout, Flags: where.again, Protocol: f.protocol, Transport: f.transport, Files: files, Token: f.debugToken, TokenHosts: hosts, ReadOnly: f.readOnly,
	})
}

// openRegistry opens the chosen registry; without a choice mdns, or file where multicast does not work.
func (a *app) openRegistry(ctx context.Context, f connectFlags, l logger.Logger) (registry.Registry, string, error) {
	name := f.registry
	if name == "" {
		name = "mdns"
		probe, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		if err := registry.MulticastAvailable(probe); err != nil {
			name = "file"
			_, _ = fmt.Fprintf(a.err, "microtop: multicast does not work here (%v): using the file registry\n", err)
		}
	}
	r, err := plugins.Registry(name, registry.Addrs(addresses(f.registryAddress)...), registry.Logger(l))
	if err != nil {
		return nil, "", usageError{err}
	}
	where := name
	if name == "file" {
		where += " " + file.Dir(registry.Addrs(addresses(f.registryAddress)...))
	}
	return r, where, nil
}

func addresses(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// files are the proto files that were given; nil for none.
func (f connectFlags) files(ctx context.Context) (*schema.Files, error) {
	if len(f.protos)+len(f.protosets) == 0 {
		return nil, nil //nolint:nilnil // none were given
	}
	files, err := schema.ReadFiles(ctx, f.protos, f.protoPaths, f.protosets)
	if err != nil {
		return nil, usageError{err}
	}
	return files, nil
}

// hosts are the addresses that may see the debug token beside those that --address names.
func (f connectFlags) hosts() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range f.tokenHosts {
		prefix, err := contexts.Prefix(text)
		if err != nil {
			return nil, usagef("--debug-token-hosts: %w", err)
		}
		out = append(out, prefix)
	}
	return out, nil
}
