package arch

import (
	"path"
	"slices"
	"strings"
)

// topEntries is what may stand at the top level.
var topEntries = []string{
	"framework", "tui", "introspect", "profiling", "views", "internal", "docs", "screenshots",
	"main.go", "main_test.go", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md",
	".git", ".github", ".ci", ".gitignore", ".gitattributes", ".golangci.yml",
}

// leftovers is what .gitignore leaves alone.
var leftovers = []string{"bin", "dist", "reports", ".tmp", "microtop", ".DS_Store", ".idea", ".vscode"}

// internalNames are the rooms of internal/.
var internalNames = []string{
	"cli",          // cobra commands, one file each
	"demo",         // the demo fleet
	"scaffold",     // source code for users: what stands behind generate
	"plugins",      // links every implementation by name
	"arch",         // this
	"e2e",          // the real binary in a terminal
	"bench",        // beside other frameworks, a module of its own
	"examples",     // programs as users write them, a module of its own
	"interop",      // real peers, a module of its own
	"termshot",     // terminal sessions: driven, read, drawn
	"requirements", // the rows and the tests that keep them
	"tools",        // linters and generators, a module of its own
}

// vague are the names that say nothing about what a package gives.
var vague = []string{"util", "utils", "common", "helper", "helpers", "type", "types", "base", "misc", "manager", "managers", "processor", "data", "info"}

func topLevel(h *House) []Finding {
	var found []Finding
	for _, entry := range h.Entries {
		if slices.Contains(topEntries, entry) || slices.Contains(leftovers, entry) || strings.HasPrefix(entry, "coverage") || strings.HasSuffix(entry, ".test") {
			continue
		}
		found = append(found, Finding{File: entry, What: "nothing of this name belongs at the top level"})
	}
	return found
}

func internalRooms(h *House) []Finding {
	var found []Finding
	seen := map[string]bool{}
	for _, f := range h.Files {
		rest, ok := strings.CutPrefix(f.Path, "internal/")
		if !ok || slices.Contains(internalNames, room(rest)) || seen[room(rest)] {
			continue
		}
		seen[room(rest)] = true
		found = append(found, Finding{File: f.Path, Subject: "internal/" + room(rest), What: "internal/ has no room named " + room(rest)})
	}
	return found
}

func names(h *House) []Finding {
	var found []Finding
	seen := map[string]bool{}
	for _, f := range h.Files {
		pkg := strings.TrimSuffix(f.Syntax.Name.Name, "_test")
		bad := ""
		switch {
		case slices.Contains(vague, pkg):
			bad = "package " + pkg + " says nothing"
		case slices.Contains(vague, path.Base(f.Dir)):
			bad = "folder " + path.Base(f.Dir) + " says nothing"
		case pkg != strings.ToLower(pkg) || strings.Contains(pkg, "_"):
			bad = "package " + pkg + " is not one lower-case word"
		}
		if bad == "" || seen[f.Dir] {
			continue
		}
		seen[f.Dir] = true
		found = append(found, Finding{File: f.Path, Line: f.line(f.Syntax.Name.Pos()), Subject: f.Dir, What: bad})
	}
	return found
}

// mainLines is how long main.go may be.
const mainLines = 30

func shortMain(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		if f.Path == "main.go" && f.Lines > mainLines {
			found = append(found, Finding{File: f.Path, Line: mainLines + 1, What: "main.go is longer than 30 lines"})
		}
	}
	return found
}
