package arch

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Lines of a file: above softLines it is worth a look, above hardLines it is a breach.
const (
	softLines = 400
	hardLines = 500
)

func fileLength(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		if !f.Generated && f.Lines > hardLines {
			found = append(found, Finding{File: f.Path, Line: hardLines + 1, What: fmt.Sprintf("%d lines; at most %d, better %d", f.Lines, hardLines, softLines)})
		}
	}
	return found
}

// Long lists the files between the soft and the hard limit, for a glance in review.
func Long(h *House) []string {
	var long []string
	for _, f := range h.Files {
		if !f.Generated && f.Lines > softLines && f.Lines <= hardLines {
			long = append(long, fmt.Sprintf("%s: %d lines", f.Path, f.Lines))
		}
	}
	return long
}

// screenGoroutines reports go statements in tui and views, where a panic outside the guard would leave the terminal raw.
func screenGoroutines(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		r := room(f.Dir)
		if f.Test || (r != "tui" && r != "views") || within(f.Dir, "tui/guard") || within(f.Dir, "tui/feed") {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			if stmt, ok := n.(*ast.GoStmt); ok {
				found = append(found, Finding{File: f.Path, Line: f.line(stmt.Pos()), What: "a go statement outside tui/guard and tui/feed"})
			}
			return true
		})
	}
	return found
}

func noInit(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		if f.Generated || (room(f.Dir) == "framework" && path.Base(f.Path) == "register.go") {
			continue
		}
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, Finding{File: f.Path, Line: f.line(fn.Pos()), What: "an init function"})
			}
		}
	}
	return found
}

func noLooseTimers(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		pkg := f.packageName("time")
		if f.Test || pkg == "" {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if ok && isName(sel.X, pkg) && slices.Contains([]string{"After", "Tick", "Sleep"}, sel.Sel.Name) {
				found = append(found, Finding{File: f.Path, Line: f.line(sel.Pos()), What: "time." + sel.Sel.Name + " cannot be stopped"})
			}
			return true
		})
	}
	return found
}

// reasoned is how a field that keeps a context says why, where it stands.
var reasoned = regexp.MustCompile(`//nolint:containedctx // \S`)

// noStoredContext reports contexts in struct fields. The Context of the framework's …Options is v4's public API and stays; a
// field with a reason beside it stays too.
func noStoredContext(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		pkg := f.packageName("context")
		if f.Test || pkg == "" {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			ast.Inspect(spec.Type, func(n ast.Node) bool {
				if st, ok := n.(*ast.StructType); ok {
					found = append(found, storedContexts(f, spec.Name.Name, st, pkg)...)
				}
				return true
			})
			return false
		})
	}
	return found
}

func storedContexts(f *File, owner string, st *ast.StructType, pkg string) []Finding {
	var found []Finding
	for _, field := range st.Fields.List {
		sel, ok := field.Type.(*ast.SelectorExpr)
		if !ok || !isName(sel.X, pkg) || sel.Sel.Name != "Context" || hasReason(field.Comment) {
			continue
		}
		fields := []string{"Context"} // embedded
		if len(field.Names) > 0 {
			fields = fields[:0]
			for _, ident := range field.Names {
				fields = append(fields, ident.Name)
			}
		}
		for _, name := range fields {
			if room(f.Dir) == "framework" && name == "Context" && strings.HasSuffix(owner, "Options") {
				continue
			}
			found = append(found, Finding{
				File: f.Path, Line: f.line(field.Pos()), Subject: f.Path + ":" + owner + "." + name,
				What: "a context is kept in " + owner + "." + name,
			})
		}
	}
	return found
}

func hasReason(comments *ast.CommentGroup) bool {
	return comments != nil && slices.ContainsFunc(comments.List, func(c *ast.Comment) bool { return reasoned.MatchString(c.Text) })
}

// isName says whether an expression is the plain identifier name.
func isName(x ast.Expr, name string) bool {
	ident, ok := x.(*ast.Ident)
	return ok && ident.Name == name
}
