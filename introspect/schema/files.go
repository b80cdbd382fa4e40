package schema

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/microtop/microtop/framework/registry"
)

// Files are .proto files and descriptor sets that a user gave, for services that tell nothing of themselves.
// Immutable once made; safe to share.
type Files struct {
	services map[string]protoreflect.ServiceDescriptor
	names    []string // in order
}

// ReadFiles compiles .proto files, whose imports are looked for in paths (the working directory if there are none), and
// reads descriptor sets as protoc --descriptor_set_out writes them. Well-known imports need no file.
func ReadFiles(ctx context.Context, protos, paths, sets []string) (*Files, error) {
	f := &Files{services: map[string]protoreflect.ServiceDescriptor{}}
	if len(protos) > 0 {
		compiler := protocompile.Compiler{
			Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: paths, Accessor: OpenFile}),
			SourceInfoMode: protocompile.SourceInfoStandard,
		}
		compiled, err := compiler.Compile(ctx, protos...)
		if err != nil {
			return nil, fmt.Errorf("proto files: %w", err)
		}
		for _, file := range compiled {
			f.add(file)
		}
	}
	for _, path := range sets {
		if err := f.readSet(path); err != nil {
			return nil, fmt.Errorf("descriptor set %s: %w", path, err)
		}
	}
	return f, nil
}

// OpenFile opens a .proto file or descriptor set: a plain file, of a size that can be one. Imports name what is opened,
// and a device or a pipe has no end.
func OpenFile(path string) (io.ReadCloser, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no plain file", path)
	}
	if info.Size() > maxDescriptorBytes {
		return nil, fmt.Errorf("%s is over %d bytes", path, maxDescriptorBytes)
	}
	return os.Open(path) //nolint:gosec // the user named it, or a file that imports it
}

func (f *Files) readSet(path string) error {
	file, err := OpenFile(path)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(file, maxDescriptorBytes))
	_ = file.Close() // it was only read
	if err != nil {
		return err
	}
	set := new(descriptorpb.FileDescriptorSet)
	if err := (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(raw, set); err != nil {
		return err
	}
	addImports(set)
	files, err := newFiles(set)
	if err != nil {
		return err
	}
	files.RangeFiles(func(fd protoreflect.FileDescriptor) bool {
		f.add(fd)
		return true
	})
	return nil
}

// addImports adds the well-known files that a set made without --include_imports leaves out.
func addImports(set *descriptorpb.FileDescriptorSet) {
	have := map[string]bool{}
	for _, file := range set.GetFile() {
		have[file.GetName()] = true
	}
	for i := 0; i < len(set.GetFile()); i++ {
		for _, path := range set.GetFile()[i].GetDependency() {
			known, err := protoregistry.GlobalFiles.FindFileByPath(path)
			if err == nil && !have[path] && strings.HasPrefix(path, "google/protobuf/") {
				have[path] = true
				set.File = append(set.File, protodesc.ToFileDescriptorProto(known))
			}
		}
	}
}

func (f *Files) add(file protoreflect.FileDescriptor) {
	for i := range file.Services().Len() {
		sd := file.Services().Get(i)
		name := string(sd.FullName())
		if f.services[name] == nil {
			f.names = append(f.names, name)
		}
		f.services[name] = sd
	}
}

// Describe returns what the files say of a service: of the protobuf service of its name, else of those that its
// endpoints in the registry name; for no name of all.
func (f *Files) Describe(name string, endpoints []*registry.Endpoint) (*Service, error) {
	var handlers []string
	for _, e := range endpoints {
		if handler, _, ok := strings.Cut(e.Name, "."); ok {
			handlers = append(handlers, handler)
		}
	}
	chosen, err := choose(f.names, name, handlers)
	if err != nil {
		return nil, err
	}
	services := make([]protoreflect.ServiceDescriptor, 0, len(chosen))
	for _, full := range chosen {
		services = append(services, f.services[full])
	}
	return fromServices(services, Given)
}
