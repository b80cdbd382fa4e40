package theme

import "strings"

// FromEnv returns the named theme as the environment allows it: any non-empty
// NO_COLOR makes it plain whatever was named, and ascii or a terminal that knows
// only ASCII (see [NeedsASCII]) changes the glyphs. getenv is os.Getenv but in tests.
func FromEnv(name string, ascii bool, getenv func(string) string) (Theme, error) {
	t, err := ByName(name)
	if err != nil {
		return Theme{}, err
	}
	if NoColor(getenv) {
		t = Plain()
	}
	if ascii || NeedsASCII(getenv) {
		t = t.ASCII()
	}
	return t, nil
}

// NoColor tells whether the user asked for no colour, as no-color.org has it: the
// variable is there and not empty, whatever its value.
func NoColor(getenv func(string) string) bool { return getenv("NO_COLOR") != "" }

// NeedsASCII tells whether the terminal cannot be trusted with more than ASCII: the
// Linux console, or a C or POSIX locale.
func NeedsASCII(getenv func(string) string) bool {
	if getenv("TERM") == "linux" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToUpper(v)
			return v == "C" || v == "POSIX"
		}
	}
	return false
}
