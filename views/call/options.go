package call

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/invoke"
)

// lineError says which line of the options is wrong, from 1.
type lineError struct {
	line   int
	reason string
}

// Error implements error.
func (e *lineError) Error() string { return fmt.Sprintf("options, line %d: %s", e.line, e.reason) }

// writeOptions writes a request's options: "name = value" lines, then its metadata as
// "key: value" lines.
func writeOptions(r invoke.Request, timeout time.Duration) string {
	or := func(value, fallback string) string {
		if value == "" {
			return fallback
		}
		return value
	}
	if r.Timeout > 0 {
		timeout = r.Timeout
	}
	retries := "default"
	if r.Retries != nil {
		retries = strconv.Itoa(*r.Retries)
	}
	lines := []string{
		"timeout = " + timeout.String(),
		"retries = " + retries,
		"node = " + or(r.Node, "any"),
		"version = " + or(r.Version, "any"),
		"content-type = " + or(r.ContentType, "auto"),
	}
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		lines = append(lines, key+": "+r.Metadata[key])
	}
	return strings.Join(lines, "\n")
}

// readOptions sets what the options say on a request. Its error is a lineError.
func readOptions(r invoke.Request, text string) (invoke.Request, error) {
	r.Timeout, r.Retries, r.Node, r.Version, r.ContentType, r.Metadata = 0, nil, "", "", "", map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.IndexAny(line, "=:")
		if at <= 0 {
			return r, &lineError{i + 1, "write an option as name = value, metadata as key: value"}
		}
		key, value := strings.TrimSpace(line[:at]), strings.TrimSpace(line[at+1:])
		if line[at] == ':' {
			r.Metadata[key] = value
			continue
		}
		if err := setOption(&r, key, value); err != nil {
			return r, &lineError{i + 1, err.Error()}
		}
	}
	return r, nil
}

func setOption(r *invoke.Request, key, value string) error {
	if value == "any" || value == "auto" || value == "default" {
		value = ""
	}
	switch strings.ToLower(key) {
	case "timeout":
		if value == "" {
			return nil
		}
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return fmt.Errorf("timeout %q: write a time such as 500ms, 5s or 2m", value)
		}
		r.Timeout = d
	case "retries":
		if value == "" {
			return nil
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 100 {
			return fmt.Errorf("retries %q: write a number from 0 to 100, or default", value)
		}
		r.Retries = &n
	case "node":
		r.Node = value
	case "version":
		r.Version = value
	case "content-type":
		r.ContentType = value
	default:
		return fmt.Errorf("no option %q: there are timeout, retries, node, version, content-type; metadata is written key: value", key)
	}
	return nil
}
