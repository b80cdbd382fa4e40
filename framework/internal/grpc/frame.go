package grpc

import (
	"fmt"

	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	microproto "github.com/microtop/microtop/framework/codec/proto"
)

// Frame is a message as it travels: the framework encodes and decodes by itself, since the type of a message is known
// only once its endpoint is. A Frame that was sent belongs to gRPC: it is not sent again.
type Frame struct {
	Data []byte

	buffer buffer
	list   [1]mem.Buffer
}

// buffer makes Data a buffer of gRPC's without new memory.
type buffer struct{ mem.SliceBuffer }

// buffers is the Frame as gRPC sends it.
func (f *Frame) buffers() mem.BufferSlice {
	f.buffer.SliceBuffer = f.Data
	f.list[0] = &f.buffer
	return f.list[:]
}

// Body is a message that is decoded while gRPC still has its bytes, so that protobuf messages cost no copy of them.
type Body struct {
	Content Content
	Value   any // nil discards the message
	// Size is how many bytes it had.
	Size int
	// Err says why it could not be decoded. It is no error of gRPC's.
	Err error
}

func (b *Body) decode(data mem.BufferSlice) error {
	b.Size = data.Len()
	if b.Value == nil {
		return nil
	}
	if _, ok := b.Content.(microproto.Marshaler); ok {
		if message, ok := b.Value.(proto.Message); ok { // it keeps nothing of the bytes
			whole := data.MaterializeToBuffer(mem.DefaultBufferPool())
			defer whole.Free()
			return b.Content.Unmarshal(whole.ReadOnlyData(), message)
		}
	}
	return b.Content.Unmarshal(data.Materialize(), b.Value)
}

// Codec passes Frames through, decodes Bodies, and takes protobuf messages of services that gRPC serves itself (health,
// reflection).
type Codec struct {
	// Subtype is what it is called on the wire.
	Subtype string
}

var _ encoding.CodecV2 = Codec{}

// Marshal implements encoding.CodecV2.
func (Codec) Marshal(v any) (mem.BufferSlice, error) {
	switch m := v.(type) {
	case *Frame:
		return m.buffers(), nil
	case proto.Message:
		data, err := proto.Marshal(m)
		return mem.BufferSlice{mem.SliceBuffer(data)}, err
	}
	return nil, fmt.Errorf("grpc: cannot send a %T", v)
}

// Unmarshal implements encoding.CodecV2. A Frame's bytes are a copy.
func (Codec) Unmarshal(data mem.BufferSlice, v any) error {
	switch m := v.(type) {
	case *Body:
		m.Err = m.decode(data)
		return nil
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
