package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	// The well-known types, which servers need not serve.
	_ "google.golang.org/protobuf/types/known/anypb"
	_ "google.golang.org/protobuf/types/known/apipb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/emptypb"
	_ "google.golang.org/protobuf/types/known/fieldmaskpb"
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// What a server may tell of itself by reflection; more is refused.
const (
	maxServices        = 1024
	maxFiles           = 2048
	maxDescriptorBytes = 16 << 20
)

// Ask puts one question to a server's reflection service (grpc.reflection.v1, or v1alpha, which has the same messages).
type Ask func(*reflectionpb.ServerReflectionRequest) (*reflectionpb.ServerReflectionResponse, error)

// FromReflection asks a gRPC server for the service of a name, see [Service.Endpoint] for how its methods are called; for
// no name, or with any, for all but reflection itself if there is none of that name.
func FromReflection(ask Ask, name string, any bool) (*Service, error) {
	names, err := listServices(ask)
	if err != nil {
		return nil, err
	}
	chosen, err := choose(names, name, nil)
	if err != nil && any {
		chosen, err = names, nil
	}
	if err != nil {
		return nil, err
	}
	d := &download{ask: ask, files: map[string]*descriptorpb.FileDescriptorProto{}, values: maxDescriptorValues}
	for _, service := range chosen {
		if err := d.symbol(service); err != nil {
			return nil, err
		}
	}
	files, err := d.link()
	if err != nil {
		return nil, err
	}
	services := make([]protoreflect.ServiceDescriptor, 0, len(chosen))
	for _, service := range chosen {
		found, err := files.FindDescriptorByName(protoreflect.FullName(service))
		if err != nil {
			return nil, fmt.Errorf("reflection: %s: %w", service, err)
		}
		if sd, ok := found.(protoreflect.ServiceDescriptor); ok {
			services = append(services, sd)
		}
	}
	return fromServices(services, Reflection)
}

func listServices(ask Ask) ([]string, error) {
	answer, err := ask(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{ListServices: "*"}})
	if err != nil {
		return nil, fmt.Errorf("reflection: list services: %w", err)
	}
	list := answer.GetListServicesResponse().GetService()
	if len(list) > maxServices {
		return nil, fmt.Errorf("reflection: %d services are over the limit of %d", len(list), maxServices)
	}
	var names []string
	for _, service := range list {
		if !strings.HasPrefix(service.GetName(), "grpc.reflection.") {
			names = append(names, service.GetName())
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// download collects the files that services are declared in, with what they import.
type download struct {
	ask    Ask
	files  map[string]*descriptorpb.FileDescriptorProto
	bytes  int
	values int // how many more there may be
}

// symbol gets the file that declares a symbol.
func (d *download) symbol(name string) error {
	return d.get(name, &reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name},
	})
}

func (d *download) get(what string, question *reflectionpb.ServerReflectionRequest) error {
	answer, err := d.ask(question)
	if err != nil {
		return fmt.Errorf("reflection: %s: %w", what, err)
	}
	if e := answer.GetErrorResponse(); e != nil {
		return fmt.Errorf("reflection: %s: %s", what, e.GetErrorMessage())
	}
	for _, raw := range answer.GetFileDescriptorResponse().GetFileDescriptorProto() {
		if d.bytes += len(raw); d.bytes > maxDescriptorBytes {
			return fmt.Errorf("reflection: the descriptors are over the limit of %d bytes", maxDescriptorBytes)
		}
		file := new(descriptorpb.FileDescriptorProto)
		if err := unmarshalDescriptors(raw, file, &d.values); err != nil {
			return fmt.Errorf("reflection: %s: %w", what, err)
		}
		d.files[file.GetName()] = file
		if len(d.files) > maxFiles {
			return fmt.Errorf("reflection: more than %d files", maxFiles)
		}
	}
	return nil
}

// link gets the imports that are missing and links the files. An import that the server does not have is taken from this
// program, which knows the well-known types.
func (d *download) link() (*protoregistry.Files, error) {
	asked := map[string]bool{}
	for missing := d.missing(); len(missing) > 0; missing = d.missing() {
		if len(d.files)+len(missing) > maxFiles {
			return nil, fmt.Errorf("reflection: more than %d files", maxFiles)
		}
		for _, path := range missing {
			if asked[path] {
				return nil, fmt.Errorf("reflection: the server does not have %s", path)
			}
			asked[path] = true
			err := d.get(path, &reflectionpb.ServerReflectionRequest{
				MessageRequest: &reflectionpb.ServerReflectionRequest_FileByFilename{FileByFilename: path},
			})
			if err == nil && d.files[path] != nil {
				continue
			}
			own, notOurs := protoregistry.GlobalFiles.FindFileByPath(path)
			if notOurs != nil {
				if err == nil {
					err = fmt.Errorf("reflection: the server does not have %s", path)
				}
				return nil, err
			}
			d.files[path] = protodesc.ToFileDescriptorProto(own)
		}
	}
	set := new(descriptorpb.FileDescriptorSet)
	for _, file := range d.files {
		set.File = append(set.File, file)
	}
	files, err := newFiles(set)
	if err != nil {
		return nil, fmt.Errorf("reflection: %w", err)
	}
	return files, nil
}

// missing are the imports that are not there yet.
func (d *download) missing() []string {
	paths := map[string]bool{}
	for _, file := range d.files {
		for _, path := range file.GetDependency() {
			if d.files[path] == nil {
				paths[path] = true
			}
		}
	}
	return slices.Collect(maps.Keys(paths))
}
