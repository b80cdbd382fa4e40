package arch

import (
	"go/ast"
	"slices"
	"strings"
)

// steady are the packages whose deadlines, TTLs and pauses must not follow the wall clock when it is set (L-10). The file
// registry is not among them: its heartbeats are the modification times of files.
var steady = []string{"framework/registry", "framework/selector", "framework/client", "framework/server", "framework/broker", "framework/internal"}

// wall are the methods that take the monotonic reading off a time.
var wall = map[string]bool{
	"Unix": true, "UnixMilli": true, "UnixMicro": true, "UnixNano": true, "Round": true, "Truncate": true, "UTC": true, "Local": true, "In": true,
}

// noWallClock reports times of this moment that lose their monotonic reading: what is measured with them jumps when the
// clock is set.
func noWallClock(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		if f.Test || within(f.Dir, "framework/registry/file") || !slices.ContainsFunc(steady, func(top string) bool { return within(f.Dir, top) }) || strings.HasSuffix(f.Dir, "test") {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			method, ok := n.(*ast.SelectorExpr)
			if !ok || !wall[method.Sel.Name] {
				return true
			}
			if call, ok := method.X.(*ast.CallExpr); ok && isTimeNow(call) {
				found = append(found, Finding{File: f.Path, Line: f.line(n.Pos()), What: "time.Now()." + method.Sel.Name + " follows the wall clock"})
			}
			return true
		})
	}
	return found
}

// isTimeNow reports whether a call is time.Now(), also with something added.
func isTimeNow(call *ast.CallExpr) bool {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if pkg, ok := fun.X.(*ast.Ident); ok {
		return pkg.Name == "time" && fun.Sel.Name == "Now"
	}
	inner, ok := fun.X.(*ast.CallExpr)
	return ok && fun.Sel.Name == "Add" && isTimeNow(inner)
}
