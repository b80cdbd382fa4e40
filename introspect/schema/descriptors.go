package schema

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	// maxDescriptorValues is how many values a peer's descriptors may hold: an empty one takes two bytes on the wire and
	// hundreds in memory.
	maxDescriptorValues = 1_000_000
	// maxImports is how often files may be reached over public imports.
	maxImports = 1_000_000
)

// unmarshalDescriptors reads a peer's descriptors and counts their values down from left.
func unmarshalDescriptors(raw []byte, into proto.Message, left *int) error {
	if !within(into.ProtoReflect().Descriptor(), raw, left, 0) {
		return fmt.Errorf("the descriptors are over the limit of %d values", maxDescriptorValues)
	}
	return (proto.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(raw, into)
}

// newFiles links descriptors. The library is made for descriptors of its own program, so that a hostile set may make it
// panic, which is the peer's error, or follow public imports along every path there is, which doubles with each file.
func newFiles(set *descriptorpb.FileDescriptorSet) (files *protoregistry.Files, err error) {
	defer func() {
		if v := recover(); v != nil {
			files, err = nil, fmt.Errorf("invalid: %v", v)
		}
	}()
	if countImports(set) > maxImports {
		return nil, fmt.Errorf("the files are reached over public imports more than %d times", maxImports)
	}
	return protodesc.NewFiles(set)
}

// countImports is how often the files of a set are reached when each follows its imports' public imports; no more than
// is needed to see that it is over maxImports. Imports in a circle count once: the library refuses them.
func countImports(set *descriptorpb.FileDescriptorSet) int {
	files := map[string]*descriptorpb.FileDescriptorProto{}
	for _, file := range set.GetFile() {
		files[file.GetName()] = file
	}
	behind := map[string]int{}
	var count func(path string) int
	count = func(path string) int {
		if n, known := behind[path]; known {
			return n
		}
		behind[path] = 0
		n := 0
		deps := files[path].GetDependency()
		for _, i := range files[path].GetPublicDependency() {
			if i >= 0 && int(i) < len(deps) {
				n = min(n+1+count(deps[i]), maxImports+1)
			}
		}
		behind[path] = n
		return n
	}
	total := 0
	for _, file := range set.GetFile() {
		for _, path := range file.GetDependency() {
			total = min(total+count(path), maxImports+1)
		}
	}
	return total
}
