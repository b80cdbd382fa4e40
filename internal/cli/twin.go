package cli

import (
	"slices"
	"strings"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/shell"
)

// twins are the commands that show what a screen shows, by the screen's name.
var twins = map[string]string{
	"services": "services", "nodes": "nodes", "describe": "describe", "endpoints": "describe", "topics": "topics", "tail": "tail", "logs": "logs",
	"events": "watch", "profile": "profile", "contexts": "context",
}

// needy are the twins that are nothing without a name.
var needy = []string{"describe", "tail", "logs", "profile"}

// twin writes the command line that shows what a screen opened with something shows; "" where there is none. connect are the
// flags that say where to.
func twin(screen string, connect []string) func(with any) string {
	return func(with any) string {
		command, ok := twins[screen]
		names, narrow, known := named(with)
		if !ok || !known || len(names) == 0 && slices.Contains(needy, command) {
			return ""
		}
		switch command {
		case "describe", "logs", "profile":
			names = append(names, narrow...)
		case "watch", "context":
			names = nil
		}
		return shell.Join(slices.Concat([]string{"microtop", command}, connect, names)...)
	}
}

// named are the arguments for what a screen was opened with, the flags that narrow it, and whether anybody knows how to
// write it.
func named(with any) (names, narrow []string, known bool) {
	switch with := with.(type) {
	case nil:
		return nil, nil, true
	case string:
		return strings.Fields(with), nil, true
	case []string:
		return with, nil, true
	case introspect.Target:
		if with.Service != "" {
			names = []string{with.Service}
		}
		for _, flag := range []struct{ name, value string }{{"--service-version", with.Version}, {"--node", with.Node}, {"--address", with.Address}} {
			if flag.value != "" {
				narrow = append(narrow, flag.name, flag.value)
			}
		}
		return names, narrow, true
	case []*fleet.Node:
		for _, n := range with {
			names = append(names, n.Service)
			narrow = []string{"--node", n.ID}
		}
		if len(with) > 1 {
			narrow = nil // all of the service: there is no flag for some of several
		}
		names = slices.Compact(names)
		return names, narrow, len(names) == 1
	}
	return nil, nil, false
}
