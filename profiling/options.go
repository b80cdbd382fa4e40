package profiling

import (
	"fmt"
	"regexp"
	"strings"
)

// Granularity says what one row or frame stands for.
type Granularity string

// The granularities. The zero value "" is ByFunction.
const (
	ByFunction Granularity = "function"
	ByLine     Granularity = "line"
	ByFile     Granularity = "file"
)

// ParseGranularity reads a granularity by name, "" being ByFunction.
func ParseGranularity(s string) (Granularity, error) {
	switch g := Granularity(strings.ToLower(s)); g {
	case "":
		return ByFunction, nil
	case ByFunction, ByLine, ByFile:
		return g, nil
	}
	return "", fmt.Errorf("unknown granularity %q: use function, line or file", s)
}

// Options says how to look at a profile. The zero value shows all of it by
// function, in its default sample type, sorted by flat.
type Options struct {
	// Type is the sample type, by name; "" is the profile's default.
	Type string

	// Focus keeps only the stacks with a matching frame, Ignore drops the stacks
	// with one, Hide takes matching frames out of their stacks (their value goes
	// to the caller). They match function names, file names and the file of the
	// binary, as pprof's do.
	Focus, Ignore, Hide *regexp.Regexp

	// Project hides the runtime, the standard library and what has no name.
	Project bool

	Granularity Granularity

	// Cum sorts rows by cum instead of flat.
	Cum bool

	// Limit is the most rows to give; 0 is all.
	Limit int

	// Invert grows trees from the leaves: children are callers.
	Invert bool
}

// CompilePattern reads one focus, ignore or hide pattern; "" is none, which
// gives nil. The error names the option and what is wrong with the pattern.
func CompilePattern(option, pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: %q is not a regular expression: %w", option, pattern, err)
	}
	return re, nil
}
