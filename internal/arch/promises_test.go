package arch_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/microtop/microtop/internal/arch"
)

// docs/guarantees.md names the tests that keep each promise: they are there.
func TestEveryPromiseIsKept(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "guarantees.md"))
	if err != nil {
		t.Fatal(err)
	}
	house, err := arch.Load(os.DirFS(root), module)
	if err != nil {
		t.Fatal(err)
	}
	tests := peers(t)
	for _, f := range house.Files {
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && f.Test {
				tests[fn.Name.Name] = true
			}
		}
	}
	promises := regexp.MustCompile(`(?m)^\d+\. `).Split(string(text), -1)[1:]
	if len(promises) == 0 {
		t.Fatal("docs/guarantees.md promises nothing: the test looks for the wrong thing")
	}
	for i, promise := range promises {
		if !strings.Contains(promise, "*Kept by*") {
			t.Errorf("promise %d names no test that keeps it", i+1)
		}
		for _, name := range regexp.MustCompile(`\bTest\w+`).FindAllString(promise, -1) {
			if !tests[name] {
				t.Errorf("promise %d is kept by %s, which is not there: name the test that keeps it now", i+1, name)
			}
		}
	}
}

// peers are the tests of internal/interop, which is a module of its own, with real peers, and so no part of the house.
func peers(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "internal", "interop", "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("internal/interop has no tests: %v", err)
	}
	tests := map[string]bool{}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(source), -1) {
			tests[found[1]] = true
		}
	}
	return tests
}
