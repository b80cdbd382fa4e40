// Package log keeps the last log lines of a service in memory, for the debug service to hand out.
//
// Start with [NewLog]; a logger writes to it, Debug.Log reads it (docs/wire.md §10).
package log

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

var (
	// DefaultSize is how many records a log keeps.
	DefaultSize = 1024
	// DefaultFormat renders a record.
	DefaultFormat = TextFormat
	// DefaultLog serves loggers that belong to no service. It holds nothing until used.
	DefaultLog = NewLog()
)

// Log keeps records. Implementations are safe for concurrent use.
type Log interface {
	// Read returns the kept records, oldest first.
	Read(...ReadOption) ([]Record, error)
	// Write keeps a record.
	Write(Record) error
	// Stream delivers records written from now on. A reader that falls behind loses records rather than
	// holding the writer.
	Stream() (Stream, error)
}

// Record is one line.
type Record struct {
	Timestamp time.Time         `json:"timestamp"`
	Metadata  map[string]string `json:"metadata"`
	Message   any               `json:"message"`
}

// Stream delivers records until stopped, then closes its channel.
type Stream interface {
	Chan() <-chan Record
	Stop() error
}

// FormatFunc renders a record as a line without its newline.
type FormatFunc func(Record) string

// TextFormat renders "time key=value … message", keys sorted.
func TextFormat(r Record) string {
	var out strings.Builder
	out.WriteString(r.Timestamp.Format("2006-01-02 15:04:05 "))
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		fmt.Fprintf(&out, " %s=%s", key, r.Metadata[key])
	}
	fmt.Fprintf(&out, " %v", r.Message)
	return out.String()
}

// JSONFormat renders the record as one JSON object, and a space after it as v4 does.
func JSONFormat(r Record) string {
	text, err := json.Marshal(r)
	if err != nil { // a Message that JSON cannot hold
		r.Message = fmt.Sprint(r.Message)
		text, _ = json.Marshal(r)
	}
	return string(text) + " "
}
