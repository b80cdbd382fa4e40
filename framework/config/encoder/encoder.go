// Package encoder says how configuration is written: JSON in encoder/json, other formats in folders of their own, so
// that nobody links a format that is not used. Start with [Encoder].
package encoder

// Encoder reads and writes one format. Implementations are safe for concurrent use and bound what they read: text
// that is longer, nests deeper or unfolds to more than framework/limits allows is an error.
type Encoder interface {
	// Encode writes a value.
	Encode(any) ([]byte, error)
	// Decode reads into a value, a pointer as encoding/json takes it. Every encoder can read into a *map[string]any.
	Decode([]byte, any) error
	// String names the format, as file extensions do: "json".
	String() string
}
