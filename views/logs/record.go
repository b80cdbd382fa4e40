package logs

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
)

// level is how grave a record is.
type level int

const (
	trace level = iota
	debug
	info
	warn
	grave // error and fatal
)

// String is the level in a word.
func (l level) String() string { return [...]string{"trace", "debug", "info", "warn", "error"}[l] }

// levelOf reads a level; one that is none of ours counts as info, so that it is seen.
func levelOf(name string) level {
	switch strings.ToLower(name) {
	case "trace":
		return trace
	case "debug":
		return debug
	case "warn", "warning":
		return warn
	case "error", "fatal", "panic", "critical":
		return grave
	}
	return info
}

// record is one line of a log, as it came.
type record struct {
	Time     time.Time         `json:"time"`
	Service  string            `json:"service"`
	Node     string            `json:"node"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Message  string            `json:"message"`

	level level
	note  bool // the screen's own remark about a node
}

// maxMessage is how much of a message is kept, in bytes.
const maxMessage = 64 << 10

// newRecord keeps a bounded part of what a node said.
func newRecord(service, node string, at time.Time, metadata map[string]string, message string) *record {
	if len(message) > maxMessage {
		message = strings.Clone(message[:maxMessage])
	}
	if len(metadata) > 64 {
		metadata = nil // no log has so many
	}
	return &record{Time: at, Service: service, Node: node, Metadata: metadata, Message: message, level: levelOf(metadata["level"])}
}

// line draws a record.
func (r *record) line(node safetext.Line, pad int) pager.Line {
	h := fnv.New32a()
	_, _ = h.Write([]byte(r.Service + r.Node)) // never fails
	text := safetext.Join(" ", safetext.Clean(strings.ToUpper(r.level.String())).Pad(5), safetext.Clean(r.Message+r.fields()))
	if r.note {
		text = safetext.Clean(r.Message)
	}
	role := [...]pager.Role{trace: pager.Dim, debug: pager.Dim, info: pager.Plain, warn: pager.Warn, grave: pager.Bad}[r.level]
	l := pager.Line{Stamp: safetext.Clean(r.Time.Local().Format("15:04:05")), Prefix: node.Cut(pad).Pad(pad), Text: text, Role: role, Item: r}
	if role == pager.Plain {
		l.Series = int(h.Sum32()%6) + 1
	}
	return l
}

// fields are the record's metadata, but for the level.
func (r *record) fields() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		if key != "level" && key != "file" {
			fmt.Fprintf(&b, " %s=%s", key, r.Metadata[key])
		}
	}
	if file := r.Metadata["file"]; file != "" {
		b.WriteString(" (" + file + ")")
	}
	return b.String()
}

// write writes records as NDJSON, like `microtop logs`.
func write(w io.Writer, records []*record) error {
	out := json.NewEncoder(w)
	for _, r := range records {
		if r.note {
			continue
		}
		if err := out.Encode(r); err != nil {
			return fmt.Errorf("write the log: %w", err)
		}
	}
	return nil
}
