package demo_test

import (
	"context"
	"io"

	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/server"
)

// stream is a caller that has sent all its messages and half-closed, and keeps what it receives.
type stream struct {
	ctx  context.Context //nolint:containedctx // a stream has one, by its interface
	sent []proto.Message
	got  []proto.Message
}

var _ server.Stream = (*stream)(nil)

func (s *stream) Context() context.Context { return s.ctx }
func (s *stream) Request() server.Request  { return nil }
func (s *stream) Error() error             { return nil }
func (s *stream) Close() error             { return nil }

func (s *stream) Send(m any) error {
	s.got = append(s.got, proto.Clone(m.(proto.Message)))
	return nil
}

func (s *stream) Recv(m any) error {
	if len(s.sent) == 0 {
		return io.EOF
	}
	proto.Merge(m.(proto.Message), s.sent[0])
	s.sent = s.sent[1:]
	return nil
}
