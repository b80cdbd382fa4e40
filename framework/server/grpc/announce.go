package grpc

import (
	"reflect"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/microtop/microtop/framework/server"
)

// announce serves what gRPC clients ask of any server: whether it is well, and what it has.
func (w *wireServer) announce() {
	healthpb.RegisterHealthServer(w.grpc, w.health)
	w.health.SetServingStatus("", healthpb.HealthCheckResponse_SERVING)
	w.health.SetServingStatus(w.desk.Options().Name, healthpb.HealthCheckResponse_SERVING)
	files := new(protoregistry.Files)
	all := services{own: w.grpc, names: map[string]grpc.ServiceInfo{}}
	for _, h := range w.desk.Handlers() {
		if h.Options().Internal {
			continue
		}
		if sd := descriptorOf(h); sd != nil {
			all.names[string(sd.FullName())] = grpc.ServiceInfo{Metadata: sd.ParentFile().Path()}
			w.health.SetServingStatus(string(sd.FullName()), healthpb.HealthCheckResponse_SERVING)
			addFile(files, sd.ParentFile())
		}
	}
	options := reflection.ServerOptions{Services: all, DescriptorResolver: resolver{files}}
	reflectionv1.RegisterServerReflectionServer(w.grpc, reflection.NewServerV1(options))
	reflectionv1alpha.RegisterServerReflectionServer(w.grpc, reflection.NewServer(options))
}

// services are those that reflection lists: gRPC's own and the handlers'.
type services struct {
	own   *grpc.Server
	names map[string]grpc.ServiceInfo
}

// GetServiceInfo implements reflection.ServiceInfoProvider.
func (s services) GetServiceInfo() map[string]grpc.ServiceInfo {
	all := s.own.GetServiceInfo()
	for name, info := range s.names {
		all[name] = info
	}
	return all
}

// descriptorOf returns the protobuf service behind a handler: the one that it was registered with, else the one of its
// name in the file that declares its messages; nil if there is none.
func descriptorOf(h server.Handler) protoreflect.ServiceDescriptor {
	if sd := h.Options().Descriptor; sd != nil {
		return sd
	}
	t := reflect.TypeOf(h.Handler())
	for i := range t.NumMethod() {
		m := t.Method(i).Type
		if m.NumIn() != 4 {
			continue
		}
		message, ok := reflect.Zero(m.In(2)).Interface().(proto.Message)
		if !ok {
			continue
		}
		if sd := message.ProtoReflect().Descriptor().ParentFile().Services().ByName(protoreflect.Name(h.Name())); sd != nil {
			return sd
		}
	}
	return nil
}

// addFile adds a file with what it imports.
func addFile(files *protoregistry.Files, file protoreflect.FileDescriptor) {
	if _, err := files.FindFileByPath(file.Path()); err == nil {
		return
	}
	for i := range file.Imports().Len() {
		addFile(files, file.Imports().Get(i).FileDescriptor)
	}
	_ = files.RegisterFile(file) // of two files that declare the same the first is told
}

// resolver looks into the handlers' files, then into all that are linked into the program.
type resolver struct{ files *protoregistry.Files }

// FindFileByPath implements protodesc.Resolver.
func (r resolver) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	if file, err := r.files.FindFileByPath(path); err == nil {
		return file, nil
	}
	return protoregistry.GlobalFiles.FindFileByPath(path)
}

// FindDescriptorByName implements protodesc.Resolver.
func (r resolver) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if found, err := r.files.FindDescriptorByName(name); err == nil {
		return found, nil
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}
