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
	tests := map[string]bool{}
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
