package schema

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// ProtoFile is the text of a .proto file. Path is how other files import it: slashes, and a peer's word.
type ProtoFile struct{ Path, Text string }

// ProtoFiles writes the service as .proto files, which compile: those of its own where they are known, and one made from
// the model for the endpoints that have none, which says in comments what is made up. name is the service's, after which
// that file's package is called. The well-known files are left out.
func (s *Service) ProtoFiles(ctx context.Context, name string) (out []ProtoFile, err error) {
	defer hostile(&err)
	roots, rest := s.declared()
	files := closure(roots)
	if len(rest) > 0 {
		made, err := s.modelFile(name, rest, len(files) > 0)
		if err != nil {
			return nil, fmt.Errorf("proto file of %s: %w", name, err)
		}
		for _, file := range closure([]protoreflect.FileDescriptor{made}) {
			if !slices.ContainsFunc(files, func(f protoreflect.FileDescriptor) bool { return f.Path() == file.Path() }) {
				files = append(files, file)
			}
		}
	}
	if out, err = printed(ctx, files, false); err != nil {
		out, err = printed(ctx, files, true) // names that hide one another
	}
	if err != nil {
		return nil, fmt.Errorf("what the service tells of itself makes no proto file: %w", err)
	}
	return out, nil
}

// printed writes files, and refuses what does not compile: the names and options are a peer's. With qualified, every
// reference is a full name.
func printed(ctx context.Context, files []protoreflect.FileDescriptor, qualified bool) (out []ProtoFile, err error) {
	printer := &protoprint.Printer{Compact: true, ForceFullyQualifiedNames: qualified}
	texts := map[string]string{}
	for _, file := range files {
		text, err := printer.PrintProtoToString(file)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", file.Path(), err)
		}
		texts[file.Path()] = text
		out = append(out, ProtoFile{Path: file.Path(), Text: text})
	}
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(texts)})}
	for path := range texts {
		if _, err := compiler.Compile(ctx, path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// declared returns the files that declare endpoints as methods, and the endpoints that none declares.
func (s *Service) declared() (files []protoreflect.FileDescriptor, rest []*Endpoint) {
	for _, e := range s.Endpoints {
		if m := s.method(e); m != nil {
			files = append(files, m.ParentFile())
			continue
		}
		rest = append(rest, e)
	}
	return files, rest
}

// method finds the protobuf method behind an endpoint: by its path, else by its name and messages; nil if there is none.
func (s *Service) method(e *Endpoint) (found protoreflect.MethodDescriptor) {
	if s.files == nil || !e.Protobuf {
		return nil
	}
	handler, name, _ := strings.Cut(e.Name, ".")
	s.files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			sd := file.Services().Get(i)
			if service, method, ok := strings.Cut(strings.TrimPrefix(e.Path, "/"), "/"); ok {
				if string(sd.FullName()) == service {
					found = sd.Methods().ByName(protoreflect.Name(method))
				}
			} else if m := sd.Methods().ByName(protoreflect.Name(name)); m != nil && string(sd.Name()) == handler &&
				string(m.Input().FullName()) == e.Request && string(m.Output().FullName()) == e.Response {
				found = m
			}
		}
		return found == nil
	})
	return found
}

// closure adds what files import, in order, without the well-known ones.
func closure(files []protoreflect.FileDescriptor) (out []protoreflect.FileDescriptor) {
	seen := map[string]bool{}
	for len(files) > 0 {
		file := files[0]
		files = files[1:]
		if seen[file.Path()] || strings.HasPrefix(file.Path(), "google/protobuf/") || file.IsPlaceholder() {
			continue
		}
		seen[file.Path()] = true
		out = append(out, file)
		for i := range file.Imports().Len() {
			files = append(files, file.Imports().Get(i).FileDescriptor)
		}
	}
	return out
}

// modelFile links a file made from the model.
func (s *Service) modelFile(name string, endpoints []*Endpoint, mixed bool) (protoreflect.FileDescriptor, error) {
	file := s.modelProto(name, endpoints, mixed)
	return protodesc.NewFile(file, resolver{s.files})
}

// resolver finds what a service's files have, else what this program has.
type resolver struct{ files *protoregistry.Files }

// FindFileByPath implements protodesc.Resolver.
func (r resolver) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	if r.files != nil {
		if file, err := r.files.FindFileByPath(path); err == nil {
			return file, nil
		}
	}
	return protoregistry.GlobalFiles.FindFileByPath(path)
}

// FindDescriptorByName implements protodesc.Resolver.
func (r resolver) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if r.files != nil {
		if d, err := r.files.FindDescriptorByName(name); err == nil {
			return d, nil
		}
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}
