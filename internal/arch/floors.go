package arch

import (
	"fmt"
	"slices"
	"strings"
)

// below lists what each room may import of this module besides itself. The root is main.go.
func below(room string) []string {
	switch room {
	case "":
		return []string{"internal/cli"}
	case "internal":
		return []string{"views", "profiling", "introspect", "framework", "tui"}
	case "views":
		return []string{"profiling", "introspect", "tui"}
	case "profiling":
		return []string{"introspect", "framework"}
	case "introspect":
		return []string{"framework"}
	default: // framework and tui stand on the ground; so does a room nobody has told about
		return nil
	}
}

// floors reports imports that do not go down. Tests of the views may also use the framework, to have something to look at.
func floors(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		from := room(f.Dir)
		allowed := below(from)
		if from != "" {
			allowed = append(slices.Clone(allowed), from)
		}
		if f.Test && from == "views" {
			allowed = append(allowed, "framework")
		}
		for _, imp := range f.Imports {
			target, ok := h.local(imp.Path)
			if !ok || slices.ContainsFunc(allowed, func(top string) bool { return within(target, top) }) {
				continue
			}
			what := fmt.Sprintf("%s may not import %s; it may import of this module: %s", name(from), name(target), list(allowed))
			found = append(found, Finding{File: f.Path, Line: imp.Line, What: what})
		}
	}
	return found
}

// viewsApart reports a screen that imports another screen.
func viewsApart(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		from, ok := screen(f.Dir)
		if !ok {
			continue
		}
		for _, imp := range f.Imports {
			target, local := h.local(imp.Path)
			if !local {
				continue
			}
			if to, ok := screen(target); ok && to != from {
				found = append(found, Finding{File: f.Path, Line: imp.Line, What: "the screen " + from + " imports the screen " + to})
			}
		}
	}
	return found
}

// leaves are the folders below views that are no screens: what several screens share.
var leaves = map[string]bool{"show": true, "compose": true}

// screen is the folder below views that dir belongs to.
func screen(dir string) (string, bool) {
	rest, ok := strings.CutPrefix(dir, "views/")
	if !ok || leaves[room(rest)] {
		return "", false
	}
	return room(rest), true
}

// noTerminal reports Bubble Tea and its family below the views.
func noTerminal(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		if !slices.Contains([]string{"framework", "introspect", "profiling"}, room(f.Dir)) {
			continue
		}
		for _, imp := range f.Imports {
			if strings.HasPrefix(imp.Path, "charm.land/") || strings.HasPrefix(imp.Path, "github.com/charmbracelet/") {
				found = append(found, Finding{File: f.Path, Line: imp.Line, What: room(f.Dir) + " imports " + imp.Path})
			}
		}
	}
	return found
}

func name(dir string) string {
	if dir == "" {
		return "the root"
	}
	return dir
}

func list(rooms []string) string {
	if len(rooms) == 0 {
		return "nothing"
	}
	return strings.Join(rooms, ", ")
}
