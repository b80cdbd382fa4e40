package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// envAnnotation is the annotation of a flag that lists its variables.
const envAnnotation = "github.com/microtop/microtop/framework/cmd.env"

// Env names the environment variables that stand in for a flag which is not given, and returns the flag. The first that
// is set and not empty counts. It works for any flag of Cmd.App, a program's own too.
func Env(f *pflag.Flag, names ...string) *pflag.Flag {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[envAnnotation] = names
	f.Usage += " (" + strings.Join(names, ", ") + ")"
	return f
}

// fromEnvironment sets the flags that are not given from their variables.
func fromEnvironment(set *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var failed error
	set.VisitAll(func(f *pflag.Flag) {
		if f.Changed || failed != nil {
			return
		}
		for _, name := range f.Annotations[envAnnotation] {
			value, ok := lookup(name)
			if !ok || value == "" {
				continue
			}
			if err := set.Set(f.Name, value); err != nil {
				failed = fmt.Errorf("environment variable %s: %w", name, err)
			}
			return
		}
	})
	return failed
}

func dashed(name string) string { return strings.ReplaceAll(name, "_", "-") }

// DefaultFlags returns the 37 flags of a service, with their variables. Defaults that the usage names are the components'
// own: a flag that is not given changes nothing.
func DefaultFlags() *pflag.FlagSet {
	set := pflag.NewFlagSet("service", pflag.ContinueOnError)
	set.SortFlags = true
	set.SetNormalizeFunc(dashes)
	clientFlags(set)
	serverFlags(set)
	componentFlags(set)
	storeFlags(set)
	authFlags(set)
	set.VisitAll(func(f *pflag.Flag) {
		variable := "MICRO_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if f.Name == "profile" {
			variable = "MICRO_DEBUG_PROFILE"
		}
		Env(f, variable)
	})
	return set
}

func clientFlags(set *pflag.FlagSet) {
	set.String("client", "", "client to use")
	set.Duration("client-request-timeout", 0, "how long a call may take, all attempts together; such as 500ms; default 5s")
	set.Int("client-retries", 0, "how many attempts may follow the first; default 1")
	set.Int("client-pool-size", 0, "how many idle connections are kept per address; default 100")
	set.Duration("client-pool-ttl", 0, "how long a connection is used; default 1m")
}

func serverFlags(set *pflag.FlagSet) {
	set.String("server", "", "server to use")
	set.String("server-name", "", "name of the service")
	set.String("server-version", "", "version of the service")
	set.String("server-id", "", "id of the node, which follows the name")
	set.String("server-address", "", "address to listen on; default a free port")
	set.String("server-advertise", "", "address to register in place of the one listened on")
	set.StringSlice("server-metadata", nil, "metadata of the node, as key=value, several times or with commas between")
	set.Int("register-ttl", 0, "seconds that a registration lives without being refreshed; default 90")
	set.Int("register-interval", 0, "seconds between refreshes of the registration, 0 for never; default 30")
}

func componentFlags(set *pflag.FlagSet) {
	set.String("broker", "", "broker to use")
	set.String("broker-address", "", "addresses of the broker, with commas between")
	set.String("registry", "", "registry to use")
	set.String("registry-address", "", "addresses of the registry, with commas between")
	set.String("selector", "", "selector to use")
	set.String("transport", "", "transport to use")
	set.String("transport-address", "", "addresses of the transport, with commas between")
	set.String("profile", "", "profiler to run: http or pprof")
	set.String("runtime", "", "runtime to use")
	set.String("runtime-source", "", "where services are whose source is not given")
	set.String("tracer", "", "tracer to use")
	set.String("tracer-address", "", "accepted and not used: no tracer here has an address")
	set.String("config", "", "config to use; its sources are the program's to load")
}

func storeFlags(set *pflag.FlagSet) {
	set.String("store", "", "store to use")
	set.String("store-address", "", "addresses of the store, with commas between")
	set.String("store-database", "", "database of the store")
	set.String("store-table", "", "table of the store; default the service's name")
}

func authFlags(set *pflag.FlagSet) {
	set.String("auth", "", "auth to use")
	set.String("auth-id", "", "id of this service's account")
	set.String("auth-secret", "", "secret of this service's account; better in the variable: others see command lines")
	set.String("auth-namespace", "", "issuer of accounts")
	set.String("auth-public-key", "", "key that tokens are checked with")
	set.String("auth-private-key", "", "key that tokens are signed with; better in the variable: others see command lines")
}
