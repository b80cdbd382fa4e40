package profiling

import (
	"errors"
	"fmt"
	"time"
)

// Limits bounds what [Parse] accepts. A zero field takes its default, so
// Limits{} is the safe choice.
type Limits struct {
	Input     int64         // bytes as read, compressed or not; 64 MiB
	Decoded   int64         // bytes after decompression; 64 MiB
	Samples   int           // 250,000
	Locations int           // 500,000; mappings and functions each have the same limit
	Strings   int           // entries in the string table; 1,000,000
	String    int           // bytes of one string; 64 KiB
	Labels    int           // labels over all samples; 1,000,000
	Depth     int           // frames of one stack, inlined ones counted; 4,096
	Frames    int           // frames over all stacks, inlined ones counted; 4,000,000
	Time      time.Duration // reading and decoding; 2 s
}

func (l Limits) withDefaults() Limits {
	fill(&l.Input, 64<<20)
	fill(&l.Decoded, 64<<20)
	fill(&l.Samples, 250_000)
	fill(&l.Locations, 500_000)
	fill(&l.Strings, 1_000_000)
	fill(&l.String, 64<<10)
	fill(&l.Labels, 1_000_000)
	fill(&l.Depth, 4096)
	fill(&l.Frames, 4_000_000)
	fill(&l.Time, 2*time.Second)
	return l
}

func fill[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// ErrFormat marks bytes that are not a profile this package can read.
var ErrFormat = errors.New("not a readable pprof profile")

// LimitError says which of the [Limits] a profile went past.
type LimitError struct {
	What  string // in the plural: "samples", "bytes after decompression"
	Limit int64
}

// Error names the limit and what to do about it.
func (e *LimitError) Error() string {
	return fmt.Sprintf("profile has more than %d %s: capture for a shorter time, or open it with go tool pprof", e.Limit, e.What)
}

func over[T int | int64](n, limit T, what string) error {
	if n > limit {
		return &LimitError{What: what, Limit: int64(limit)}
	}
	return nil
}
