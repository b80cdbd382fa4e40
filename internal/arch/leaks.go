package arch

import (
	"go/ast"
	"slices"
	"strings"
)

// leakCheck reports packages that start goroutines, by a go statement or a group's Go method, and whose tests would not
// notice one left behind: a TestMain in a file that imports goleak notices. Conformance suites run in
// the tests of those who use them.
func leakCheck(h *House) []Finding {
	starts := map[string]Finding{} // by folder, the first start
	var dirs []string
	checked := map[string]bool{}
	for _, f := range h.Files {
		if strings.HasSuffix(f.Path, "_test.go") {
			checked[f.Dir] = checked[f.Dir] || verifiesLeaks(f)
			continue
		}
		if _, seen := starts[f.Dir]; seen || f.Test {
			continue
		}
		if line := firstStart(f); line > 0 {
			starts[f.Dir] = Finding{File: f.Path, Line: line, Subject: f.Dir, What: "the package starts goroutines and its tests check no leaks"}
			dirs = append(dirs, f.Dir)
		}
	}
	var found []Finding
	for _, dir := range dirs {
		if !checked[dir] {
			found = append(found, starts[dir])
		}
	}
	return found
}

// firstStart is the line of the file's first goroutine, 0 without one.
func firstStart(f *File) int {
	line := 0
	ast.Inspect(f.Syntax, func(n ast.Node) bool {
		if line > 0 {
			return false
		}
		switch n := n.(type) {
		case *ast.GoStmt:
			line = f.line(n.Pos())
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Go" && len(n.Args) > 0 {
				line = f.line(n.Pos())
			}
		}
		return line == 0
	})
	return line
}

func verifiesLeaks(f *File) bool {
	imports := slices.ContainsFunc(f.Imports, func(imp Import) bool {
		return imp.Path == "go.uber.org/goleak"
	})
	return imports && slices.ContainsFunc(f.Syntax.Decls, func(decl ast.Decl) bool {
		fn, ok := decl.(*ast.FuncDecl)
		return ok && fn.Recv == nil && fn.Name.Name == "TestMain"
	})
}
