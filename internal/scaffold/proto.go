package scaffold

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/bufbuild/protocompile"
	"golang.org/x/mod/modfile"
	gengo "google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/microtop/microtop/framework/cmd/protoc-gen-micro/microgen"
	"github.com/microtop/microtop/introspect/schema"
)

// File is a file to be written.
type File struct {
	Name string
	Text []byte
}

// Proto compiles .proto files and returns the Go code of their messages and services, each file to stand beside its
// source. Imports are looked up in dirs, then in the current folder; the well-known types are built in. A file without
// option go_package gets the import path that the nearest go.mod gives its folder.
//
// Errors of the .proto files name the file, the line and the column.
func Proto(ctx context.Context, files, dirs []string) ([]File, error) {
	names := make([]string, 0, len(files))
	roots := append(slices.Clone(dirs), ".")
	for _, file := range files {
		name, err := importName(file, roots)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: roots, Accessor: schema.OpenFile}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	compiled, err := compiler.Compile(ctx, names...)
	if err != nil {
		return nil, err
	}
	request := &pluginpb.CodeGeneratorRequest{FileToGenerate: names}
	seen := map[string]bool{}
	for _, file := range compiled {
		addFile(request, file, seen)
	}
	where := map[string]string{}
	for i, name := range names {
		where[name] = files[i]
	}
	if err := setPackages(request, where); err != nil {
		return nil, err
	}
	return generate(request, where)
}

// importName is the name by which a file is imported: relative to the first root that holds it.
func importName(file string, roots []string) (string, error) {
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("%s: %w: give the path of a .proto file", file, errors.Unwrap(err))
	}
	if strings.ContainsFunc(file, unicode.IsControl) {
		return "", fmt.Errorf("%q: the name has control characters, and would stand in the Go code: give the file another", file)
	}
	full, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	for _, root := range roots {
		base, err := filepath.Abs(root)
		if err != nil {
			return "", err
		}
		if rel, err := filepath.Rel(base, full); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), nil
		}
	}
	return "", fmt.Errorf("%s is outside the current folder: name a folder above it with --import", file)
}

// addFile adds a file after those that it imports, as protoc does.
func addFile(request *pluginpb.CodeGeneratorRequest, file protoreflect.FileDescriptor, seen map[string]bool) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		addFile(request, file.Imports().Get(i).FileDescriptor, seen)
	}
	described := protodesc.ToFileDescriptorProto(file)
	for _, at := range described.GetSourceCodeInfo().GetLocation() {
		plainComments(at)
	}
	request.ProtoFile = append(request.ProtoFile, described)
}

// plainComments keeps comments from being directives in the Go code.
func plainComments(at *descriptorpb.SourceCodeInfo_Location) {
	if at.LeadingComments != nil {
		at.LeadingComments = proto.String(microgen.PlainComment(at.GetLeadingComments()))
	}
	if at.TrailingComments != nil {
		at.TrailingComments = proto.String(microgen.PlainComment(at.GetTrailingComments()))
	}
	for i, text := range at.GetLeadingDetachedComments() {
		at.LeadingDetachedComments[i] = microgen.PlainComment(text)
	}
}

// setPackages gives the files that name no Go package the one of their folder.
func setPackages(request *pluginpb.CodeGeneratorRequest, where map[string]string) error {
	for _, file := range request.GetProtoFile() {
		if file.GetOptions().GetGoPackage() != "" {
			continue
		}
		at, ours := where[file.GetName()]
		if !ours {
			return fmt.Errorf("%s is imported and has no option go_package: add one, or generate it too", file.GetName())
		}
		importPath, err := importPathOf(filepath.Dir(at))
		if err != nil {
			return fmt.Errorf("%s has no option go_package: %w", at, err)
		}
		if file.Options == nil {
			file.Options = &descriptorpb.FileOptions{}
		}
		file.Options.GoPackage = proto.String(importPath)
	}
	return nil
}

// importPathOf is the import path of a folder, as the go.mod at or above it says.
func importPathOf(dir string) (string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := full; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod")) //nolint:gosec // the user's own project
		switch {
		case err == nil:
			module := modfile.ModulePath(text)
			if module == "" {
				return "", fmt.Errorf("%s names no module", filepath.Join(at, "go.mod"))
			}
			rel, err := filepath.Rel(at, full)
			return path.Join(module, filepath.ToSlash(rel)), err
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		case at == filepath.Dir(at):
			return "", errors.New("there is no go.mod above it to tell its import path: run go mod init, or add the option")
		}
	}
}

// generate runs the generators of messages and of services.
func generate(request *pluginpb.CodeGeneratorRequest, where map[string]string) ([]File, error) {
	request.Parameter = proto.String("paths=source_relative")
	plugin, err := protogen.Options{}.New(request)
	if err != nil {
		return nil, err
	}
	plugin.SupportedFeatures = microgen.Features
	for _, file := range plugin.Files {
		if file.Generate {
			gengo.GenerateFile(plugin, file)
			microgen.Generate(plugin, file, microgen.Framework)
		}
	}
	response := plugin.Response()
	if response.Error != nil {
		return nil, errors.New(response.GetError())
	}
	out := make([]File, 0, len(response.GetFile()))
	for _, file := range response.GetFile() {
		name, err := beside(file.GetName(), where)
		if err != nil {
			return nil, err
		}
		out = append(out, File{name, []byte(file.GetContent())})
	}
	return out, nil
}

// beside is where a generated file goes: into the folder of the source that it is named after, and nowhere else.
func beside(name string, where map[string]string) (string, error) {
	for _, generated := range []string{".pb.micro.go", ".pb.go"} {
		stem, ok := strings.CutSuffix(name, generated)
		if !ok {
			continue
		}
		for _, ending := range []string{".proto", ".protodevel", ""} { // what protoc's plug-ins cut off
			if at := where[stem+ending]; at != "" {
				return filepath.Join(filepath.Dir(at), path.Base(name)), nil
			}
		}
	}
	return "", fmt.Errorf("the file %q is named after none of the sources", name)
}

// Write writes the files whose text is not there already, and returns the names of those written.
func Write(files []File) ([]string, error) {
	var written []string
	for _, f := range files {
		if same, err := f.isThere(); err != nil {
			return written, err
		} else if same {
			continue
		}
		if err := os.WriteFile(f.Name, f.Text, 0o644); err != nil { //nolint:gosec // source code, for everybody who reads the project
			return written, err
		}
		written = append(written, f.Name)
	}
	return written, nil
}

// Stale returns the names of the files whose text is not there.
func Stale(files []File) ([]string, error) {
	var stale []string
	for _, f := range files {
		same, err := f.isThere()
		if err != nil {
			return nil, err
		}
		if !same {
			stale = append(stale, f.Name)
		}
	}
	return stale, nil
}

func (f File) isThere() (bool, error) {
	info, err := os.Lstat(f.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() { // a link may lead out of the project
		return false, fmt.Errorf("%s is no plain file: remove it", f.Name)
	}
	text, err := os.ReadFile(f.Name)
	return bytes.Equal(text, f.Text), err
}

// Protos are the .proto files below a folder, without those in vendor folders and in folders whose name starts with a dot.
func Protos(dir string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != dir && (entry.Name() == "vendor" || strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case !entry.IsDir() && filepath.Ext(name) == ".proto":
			found = append(found, name)
		}
		return nil
	})
	return found, err
}
