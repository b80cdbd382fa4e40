// Package reader turns what sources say into values: it merges change sets, and finds values by their path.
// The implementation is in reader/json. Start with [Reader].
package reader

import (
	"time"

	"github.com/microtop/microtop/framework/config/source"
)

// Reader merges and reads change sets. Implementations are safe for concurrent use.
type Reader interface {
	// Merge returns one change set that says what the given ones say together: objects are merged, and where two say
	// something about one value the later wins. Nil sets and sets without data count for nothing.
	Merge(...*source.ChangeSet) (*source.ChangeSet, error)
	// Values reads a change set that Merge returned, with each ${NAME} replaced (ReplaceEnvVars).
	Values(*source.ChangeSet) (Values, error)
	// String names the implementation.
	String() string
}

// Values is configuration in memory. Set and Del change that memory only, never a source.
// Implementations are safe for concurrent use.
type Values interface {
	// Bytes returns everything, as JSON.
	Bytes() []byte
	// Get returns the value at a path: the names of nested objects' members. Without a path it is everything.
	Get(path ...string) Value
	// Set puts val, as encoding/json writes it, at a path and makes the objects on the way. What JSON cannot hold is
	// not set.
	Set(val any, path ...string)
	// Del removes the value at a path. Without a path it removes everything.
	Del(path ...string)
	// Map returns everything; the map is the caller's. Numbers are float64.
	Map() map[string]any
	// Scan reads everything into v, a pointer, as encoding/json does.
	Scan(v any) error
}

// Value is one value, as it was when it was got. The methods with a fallback return it where there is no value, or none that
// can be read as the type. Implementations are safe for concurrent use.
type Value interface {
	// Bool also reads the texts that strconv.ParseBool does.
	Bool(fallback bool) bool
	// Int also reads text. Numbers with a fraction are cut.
	Int(fallback int) int
	// String also reads numbers and booleans.
	String(fallback string) string
	// Float64 also reads text.
	Float64(fallback float64) float64
	// Duration reads text as time.ParseDuration does, and whole numbers as nanoseconds.
	Duration(fallback time.Duration) time.Duration
	// StringSlice reads a list; text is split at commas.
	StringSlice(fallback []string) []string
	// StringMap reads an object; what is not text in it is written as JSON.
	StringMap(fallback map[string]string) map[string]string
	// Scan reads the value into v, a pointer, as encoding/json does. Without a value v stays as it is.
	Scan(v any) error
	// Bytes returns text as it is, everything else as JSON; null without a value.
	Bytes() []byte
}
