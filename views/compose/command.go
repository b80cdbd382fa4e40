package compose

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/views/show"
)

// CommandLine is the call as a shell command.
func CommandLine(r invoke.Request) string {
	args := []string{"microtop", "call"}
	flag := func(name, value string) {
		if value != "" {
			args = append(args, "--"+name, value)
		}
	}
	flag("address", r.Address)
	flag("node", r.Node)
	flag("service-version", r.Version)
	flag("content-type", r.ContentType)
	if r.Timeout > 0 {
		flag("timeout", r.Timeout.String())
	}
	if r.Retries != nil {
		flag("retries", strconv.Itoa(*r.Retries))
	}
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		flag("metadata", key+"="+r.Metadata[key])
	}
	if r.Service != "" {
		args = append(args, r.Service)
	}
	args = append(args, r.Endpoint)
	var body bytes.Buffer
	if json.Compact(&body, r.Body) != nil {
		body.Reset()
		body.Write(r.Body)
	}
	if body.Len() > 0 {
		args = append(args, body.String())
	}
	return show.Command(args...)
}
