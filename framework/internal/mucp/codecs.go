package mucp

import (
	"maps"
	"sync"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/codec/grpc"
	"github.com/microtop/microtop/framework/codec/json"
	"github.com/microtop/microtop/framework/codec/jsonrpc"
	"github.com/microtop/microtop/framework/codec/proto"
	"github.com/microtop/microtop/framework/codec/protorpc"
)

// The content types that both ends know without being told (docs/wire.md §3.2).
const (
	JSON      = "application/json"
	Protobuf  = "application/protobuf"
	JSONRPC   = "application/json-rpc"
	ProtoRPC  = "application/proto-rpc"
	Octets    = "application/octet-stream"
	grpcPlain = "application/grpc"
	grpcProto = "application/grpc+proto"
	grpcJSON  = "application/grpc+json"
)

// DefaultCodecs returns a new table of codecs by content type.
func DefaultCodecs() map[string]codec.NewCodec {
	return map[string]codec.NewCodec{
		JSON:      json.NewCodec,
		Protobuf:  proto.NewCodec,
		JSONRPC:   jsonrpc.NewCodec,
		ProtoRPC:  protorpc.NewCodec,
		Octets:    bytes.NewCodec,
		grpcPlain: grpc.NewCodec,
		grpcProto: grpc.NewCodec,
		grpcJSON:  grpc.NewCodec,
	}
}

// Legacy returns the content type whose codec an older peer uses for contentType: method and id are then in the body
// (docs/wire.md §3.8).
func Legacy(contentType string) string {
	switch contentType {
	case JSON:
		return JSONRPC
	case Protobuf, Octets:
		return ProtoRPC
	default:
		return contentType
	}
}

// Codecs lends codecs by content type. Those without state between messages are kept and lent again.
// Safe for concurrent use.
type Codecs struct {
	kinds map[string]*kind
}

type kind struct {
	open  codec.NewCodec
	spare *sync.Pool // of *Codec; nil for codecs that may keep state
}

// NewCodecs returns the codecs of the tables; a later table wins over an earlier one.
func NewCodecs(tables ...map[string]codec.NewCodec) *Codecs {
	all := make(map[string]codec.NewCodec)
	for _, table := range tables {
		maps.Copy(all, table)
	}
	c := &Codecs{kinds: make(map[string]*kind, len(all))}
	for contentType, open := range all {
		k := &kind{open: open}
		if reusable(open(new(codec.Buffer))) {
			k.spare = new(sync.Pool)
		}
		c.kinds[contentType] = k
	}
	return c
}

// reusable reports whether a codec keeps nothing of a message once its buffer is reset.
func reusable(c codec.Codec) bool {
	switch c.(type) {
	case *json.Codec, *proto.Codec, *bytes.Codec:
		return true
	}
	return false
}

// Has reports whether there is a codec for exactly this content type.
func (c *Codecs) Has(contentType string) bool { return c.kinds[contentType] != nil }

// Lend returns a codec for exactly this content type that reads in, or nil if there is none.
// The caller gives it back with Release once it is done with what it wrote.
func (c *Codecs) Lend(contentType string, in []byte) *Codec {
	k := c.kinds[contentType]
	if k == nil {
		return nil
	}
	if k.spare != nil {
		if lent, ok := k.spare.Get().(*Codec); ok {
			lent.buffer.Reset(in)
			return lent
		}
	}
	lent := &Codec{buffer: codec.NewBuffer(in), home: k.spare}
	lent.Codec = k.open(lent.buffer)
	return lent
}

// Codec is a codec on a buffer of its own. Not safe for concurrent use.
type Codec struct {
	codec.Codec

	buffer *codec.Buffer
	home   *sync.Pool
}

// Written returns what was written since the codec was lent or reset. It is valid until the next write, Reset or
// Release.
func (c *Codec) Written() []byte { return c.buffer.Bytes() }

// Unread is the number of bytes that nobody has read.
func (c *Codec) Unread() int { return c.buffer.Len() }

// Reset makes the codec read in and forget what it wrote.
func (c *Codec) Reset(in []byte) { c.buffer.Reset(in) }

// maxSpare is the largest write buffer that is kept for later, in bytes.
const maxSpare = 64 << 10

// Plain reports whether the codec's bodies are bare: headers and errors travel beside them only.
func (c *Codec) Plain() bool { return c.home != nil }

// Release gives the codec back. What it wrote must not be used any more.
func (c *Codec) Release() {
	if c.home == nil || cap(c.buffer.Bytes()) > maxSpare {
		return
	}
	c.buffer.Reset(nil)
	c.home.Put(c)
}
