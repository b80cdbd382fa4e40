package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// House is the repository as the rules see it: its top-level entries and its parsed Go files. It is read-only after Load.
type House struct {
	Module  string   // module path, such as example.org/house
	Entries []string // names at the top level, sorted
	Files   []*File  // Go files of this module, sorted by path; nested modules, testdata and hidden folders are left out
}

// File is one Go file.
type File struct {
	Path      string // slash-separated, from the root
	Dir       string // "" for the root
	Test      bool   // a _test.go file, or a file of a conformance suite (a folder named …test)
	Generated bool
	Lines     int
	Imports   []Import
	Syntax    *ast.File

	set *token.FileSet
}

// Import is one import of a file.
type Import struct {
	Path string
	Line int
}

// Load reads every Go file below the root of fsys. It fails on a file that does not parse.
func Load(fsys fs.FS, module string) (*House, error) {
	h := &House{Module: module}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("read the top level: %w", err)
	}
	for _, entry := range entries {
		h.Entries = append(h.Entries, entry.Name())
	}
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(fsys, name)
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		file, err := parse(fsys, name)
		if err != nil {
			return err
		}
		h.Files = append(h.Files, file)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the source: %w", err)
	}
	return h, nil
}

// enter says whether the walk goes into a folder.
func enter(fsys fs.FS, dir string) error {
	if dir == "." {
		return nil
	}
	base := path.Base(dir)
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(dir, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func parse(fsys fs.FS, name string) (*File, error) {
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &File{
		Path:      name,
		Dir:       strings.TrimPrefix(path.Dir(name), "."),
		Generated: ast.IsGenerated(syntax),
		Lines:     bytes.Count(source, []byte("\n")),
		Syntax:    syntax,
		set:       set,
	}
	suite := path.Base(f.Dir)
	f.Test = strings.HasSuffix(name, "_test.go") || (strings.HasSuffix(suite, "test") && suite != "test")
	for _, spec := range syntax.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		f.Imports = append(f.Imports, Import{Path: target, Line: f.line(spec.Pos())})
	}
	return f, nil
}

// line is the line of a position in the file.
func (f *File) line(pos token.Pos) int { return f.set.Position(pos).Line }

// room is the first part of a folder: "framework" of framework/registry, "" of the root.
func room(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

// within says whether dir is top or below it. Everything is within "".
func within(dir, top string) bool {
	return top == "" || dir == top || strings.HasPrefix(dir, top+"/")
}

// local gives the folder an import path names, if it is of this module.
func (h *House) local(importPath string) (dir string, ok bool) {
	if importPath == h.Module {
		return "", true
	}
	return strings.CutPrefix(importPath, h.Module+"/")
}

// packageName is the name by which the file calls an imported package; "" when it does not import it.
func (f *File) packageName(importPath string) string {
	for _, spec := range f.Syntax.Imports {
		if spec.Path.Value != strconv.Quote(importPath) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}
