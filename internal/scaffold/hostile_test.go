package scaffold_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/microtop/microtop/internal/scaffold"
)

const project = "syntax = \"proto3\";\noption go_package = \"example.org/a\";\n"

// A comment of a .proto file is none of Go's directives: go generate would run it.
func TestCommentsAreNoDirectives(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.proto", "//go:generate a\n\n//go:generate b\n"+project+`
//go:generate c

//line /etc/passwd:1
service S {
  //go:generate d
  rpc Do(M) returns (M); //go:generate e
}
/*go:generate f
go:generate g*/
message M {
  //go:generate h
  string a = 1; //go:generate i
}
`)
	files, err := scaffold.Proto(context.Background(), []string{"a.proto"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	directive := regexp.MustCompile(`(?m)^.*//(go:|line ).*$`)
	kept := 0
	for _, f := range files {
		if found := directive.FindAllString(string(f.Text), -1); found != nil {
			t.Errorf("%s: %q", f.Name, found)
		}
		kept += strings.Count(string(f.Text), "// go:generate")
	}
	if kept == 0 {
		t.Error("the comments are lost")
	}
}

func TestANameThatWouldBeCodeIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	name := "a\n//go:generate b\n.proto"
	write(t, name, project)
	if _, err := scaffold.Proto(context.Background(), []string{name}, nil); err == nil || !strings.Contains(err.Error(), "control characters") {
		t.Error(err)
	}
}

// What a .proto file imports is read to its end, which a device has not.
func TestOnlyPlainFilesAreImported(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip("not run: no /dev/zero")
	}
	if err := os.Symlink("/dev/zero", "zero.proto"); err != nil {
		t.Skip("not run: no links")
	}
	write(t, "a.proto", project+"import \"zero.proto\";\n")
	for _, file := range []string{"a.proto", "zero.proto"} {
		if _, err := scaffold.Proto(context.Background(), []string{file}, nil); err == nil || !strings.Contains(err.Error(), "no plain file") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Each file is written beside its own source, also where one source's name begins as another's.
func TestFilesStandBesideTheirSources(t *testing.T) {
	t.Chdir(t.TempDir())
	sources := []string{"a/foo.proto", "b/foo.pb.proto", "c/foo.pb.micro.proto", "d/foo.text"}
	for i, name := range sources {
		write(t, name, fmt.Sprintf("syntax = \"proto3\";\npackage p%d;\noption go_package = \"example.com/x\";\nmessage M%d {}\nservice S%d { rpc Get(M%d) returns (M%d); }\n", i, i, i, i, i))
	}
	files, err := scaffold.Proto(context.Background(), sources, []string{"a", "b", "c", "d"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name)
	}
	slices.Sort(got)
	want := []string{"a/foo.pb.go", "a/foo.pb.micro.go", "b/foo.pb.pb.go", "b/foo.pb.pb.micro.go", "c/foo.pb.micro.pb.go", "c/foo.pb.micro.pb.micro.go", "d/foo.text.pb.go", "d/foo.text.pb.micro.go"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A link in the place of a generated file would have what it leads to overwritten.
func TestLinksAreNotWrittenThrough(t *testing.T) {
	t.Chdir(t.TempDir())
	outside := filepath.Join(t.TempDir(), "profile")
	write(t, outside, "mine")
	if err := os.Symlink(outside, "a.pb.go"); err != nil {
		t.Skip("not run: no links")
	}
	files := []scaffold.File{{Name: "a.pb.go", Text: []byte("theirs")}}
	if written, err := scaffold.Write(files); err == nil || !strings.Contains(err.Error(), "no plain file") {
		t.Errorf("%v, %v", written, err)
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
}
