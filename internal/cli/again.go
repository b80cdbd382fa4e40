package cli

import (
	"path/filepath"

	"github.com/microtop/microtop/introspect"
)

// again are the flags with which a command connects as this one did, from any folder: for command lines that the console
// copies. The debug token is no part of them.
func (f connectFlags) again() (out []string) {
	flag := func(name string, values ...string) {
		for _, value := range values {
			if value != "" {
				out = append(out, "--"+name, value)
			}
		}
	}
	flag("context", f.context)
	flag("registry", f.registry)
	if f.registry == "file" {
		flag("registry-address", absolute(f.registryAddress)...)
	} else {
		flag("registry-address", f.registryAddress)
	}
	if f.broker != defaultBroker {
		flag("broker", f.broker)
	}
	flag("broker-address", f.brokerAddress)
	if f.protocol != introspect.Auto {
		flag("protocol", f.protocol)
	}
	flag("transport", f.transport)
	paths := f.protoPaths
	if len(f.protos) > 0 && len(paths) == 0 {
		paths = []string{"."}
	}
	flag("proto", f.protos...)
	flag("proto-path", absolute(paths...)...)
	flag("protoset", absolute(f.protosets...)...)
	return append(out, f.tls.again()...)
}

// again are the flags that secure connections in the same way. Keys are named, never shown.
func (f tlsFlags) again() (out []string) {
	if f.on {
		out = append(out, "--tls")
	}
	for _, file := range []struct{ flag, name string }{{"--ca", f.ca}, {"--cert", f.cert}, {"--key", f.key}} {
		if file.name != "" {
			out = append(out, file.flag, absolute(file.name)[0])
		}
	}
	if f.serverName != "" {
		out = append(out, "--servername", f.serverName)
	}
	if f.insecure {
		out = append(out, "--insecure")
	}
	return out
}

// absolute are the names as they are valid in any folder; "" stays.
func absolute(names ...string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = name
		if full, err := filepath.Abs(name); name != "" && err == nil {
			out[i] = full
		}
	}
	return out
}
