package grpc

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// Frame is a message as it travels: the framework encodes and decodes by itself, since the type of a message is known
// only once its endpoint is.
type Frame struct{ Data []byte }

// Codec passes Frames through, and protobuf messages of services that gRPC serves itself (health, reflection).
type Codec struct {
	// Subtype is what it is called on the wire.
	Subtype string
}

var _ encoding.CodecV2 = Codec{}

// Marshal implements encoding.CodecV2.
func (Codec) Marshal(v any) (mem.BufferSlice, error) {
	switch m := v.(type) {
	case *Frame:
		return mem.BufferSlice{mem.SliceBuffer(m.Data)}, nil
	case proto.Message:
		data, err := proto.Marshal(m)
		return mem.BufferSlice{mem.SliceBuffer(data)}, err
	}
	return nil, fmt.Errorf("grpc: cannot send a %T", v)
}

// Unmarshal implements encoding.CodecV2. A Frame's bytes are a copy.
func (Codec) Unmarshal(data mem.BufferSlice, v any) error {
	switch m := v.(type) {
	case *Frame:
		m.Data = data.Materialize()
		return nil
	case proto.Message:
		return proto.UnmarshalOptions{RecursionLimit: 100}.Unmarshal(data.Materialize(), m)
	}
	return fmt.Errorf("grpc: cannot receive a %T", v)
}

// Name implements encoding.CodecV2.
func (c Codec) Name() string { return c.Subtype }
