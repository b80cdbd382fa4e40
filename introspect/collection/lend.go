package collection

import (
	"maps"
	"slices"
	"strings"
)

// Lends are the environment variables of whoever makes the call whose values it sends to an address that it names
// itself: whoever wrote the call, which may be another, chose that address. They want the user's consent. A call that
// names a service lends nothing.
func (c Call) Lends() []string {
	if c.Address == "" {
		return nil
	}
	names := map[string]bool{}
	_, _ = c.request(&filler{find: func(name string) (string, bool) { // what is wrong with the call is said when it is made
		if env, is := strings.CutPrefix(name, "env:"); is {
			names[env] = true
		}
		return "", true
	}})
	return slices.Sorted(maps.Keys(names))
}
