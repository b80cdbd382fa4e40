package profiling

import (
	"net/url"
	"path"
	"strings"
)

// Symbol is what one row or frame stands for. Its text comes from the profile
// and is raw.
type Symbol struct {
	Name    string `json:"name"`              // function, or file by file
	Package string `json:"package,omitempty"` // import path, "" if unknown
	File    string `json:"file,omitempty"`
	Line    int64  `json:"line,omitempty"` // 0 if unknown
}

// PackageOf is the import path in a Go function's full name, "" if it has none:
// "shop/ads.(*Cache[go.shape.int]).Get" is in "shop/ads".
func PackageOf(function string) string {
	name, _, _ := strings.Cut(function, "[") // type arguments hold other paths
	base := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[base:], '.')
	if dot <= 0 {
		return ""
	}
	// The linker writes dots in the last element as %2e.
	if last, err := url.PathUnescape(name[base : base+dot]); err == nil {
		return name[:base] + last
	}
	return name[:base+dot]
}

// standardLibrary holds the first elements of the standard library's paths.
const standardLibrary = " archive bufio bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak "

// IsStandard reports whether an import path is the standard library's or the
// runtime's. The empty path, of assembly and C, counts as theirs.
func IsStandard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return first == "" || strings.HasPrefix(first, "type:") || strings.HasPrefix(first, "go:") ||
		strings.Contains(standardLibrary, " "+first+" ")
}

// objectName names code that has no function name by its binary, as pprof does.
func objectName(file string) string {
	if file == "" {
		return "<unknown>"
	}
	return "[" + path.Base(strings.ReplaceAll(file, `\`, "/")) + "]"
}
