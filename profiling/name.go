package profiling

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Meta says what a capture is of. Its text comes from the registry and is raw.
type Meta struct {
	Service  string        `json:"service"`
	Version  string        `json:"version,omitempty"`
	Node     string        `json:"node"`
	Address  string        `json:"address,omitempty"`
	Kind     Kind          `json:"kind"`
	Start    time.Time     `json:"start"`
	Duration time.Duration `json:"duration"` // nanoseconds; 0 for a picture of a moment
}

// Longest parts of a file name, in bytes; the whole stays under 255.
const (
	maxServicePart = 64
	maxNodePart    = 96
)

// DefaultFileName is the name a capture is written under:
// <service>-<node>-<kind>-<time>.pb.gz (.trace for a trace), the time in UTC.
// Whatever the registry says, the result is one plain file name: ASCII letters,
// digits, '.', '_' and '-' only, at most 255 bytes, no leading dot or dash, and
// no name that means a device somewhere.
func DefaultFileName(m Meta) string { return fileStem(m) + m.Kind.Ext() }

func fileStem(m Meta) string {
	node := m.Node
	if node == "" {
		node = m.Address
	}
	kind := "profile"
	if _, ok := m.Kind.facts(); ok {
		kind = string(m.Kind)
	}
	return safePart(m.Service, maxServicePart) + "-" + safePart(node, maxNodePart) + "-" +
		kind + "-" + m.Start.UTC().Format("20060102T150405Z")
}

// safePart makes any text a part of a file name.
func safePart(s string, limit int) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, r > 0x7e:
			return '_'
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, s[:min(len(s), 4*limit)])
	safe = safe[:min(len(safe), limit)]
	for strings.Contains(safe, "..") {
		safe = strings.ReplaceAll(safe, "..", "._")
	}
	if safe == "" {
		return "unknown"
	}
	if safe[0] == '.' || safe[0] == '-' {
		safe = "_" + safe[1:]
	}
	// CON, CON.txt and the like are devices on Windows, in any folder.
	if device, _, _ := strings.Cut(safe, "."); isDevice(device) {
		safe = "_" + safe
	}
	return safe
}

func isDevice(name string) bool {
	name = strings.ToUpper(name)
	if len(name) == 4 && (strings.HasPrefix(name, "COM") || strings.HasPrefix(name, "LPT")) {
		return name[3] >= '0' && name[3] <= '9'
	}
	return slices.Contains([]string{"CON", "PRN", "AUX", "NUL"}, name)
}

// OpenCommand is the shell command that opens a written capture in Go's own
// tool: pprof's web page on a free local port, or the trace viewer.
func OpenCommand(kind Kind, file string) string {
	if strings.HasPrefix(file, "-") {
		file = "./" + file
	}
	quoted := "'" + strings.ReplaceAll(file, "'", `'\''`) + "'"
	if !strings.ContainsFunc(file, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/", r)
	}) {
		quoted = file
	}
	if kind == Trace {
		return "go tool trace " + quoted
	}
	return "go tool pprof -http=localhost:0 " + quoted
}
