package grpc_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/microtop/microtop/framework/internal/grpctest"
	"github.com/microtop/microtop/framework/transport"
	"github.com/microtop/microtop/framework/transport/grpc"
)

// independent decodes messages by protobuf's own library.
func independent(t *testing.T, raw [][]byte) []transport.Message {
	t.Helper()
	field := func(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{Name: &name, Number: &number, Type: &kind, Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
	}
	header := field("header", 1, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)
	header.Label, header.TypeName = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(), proto.String(".Message.HeaderEntry")
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("transport.proto"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{
			Name: proto.String("Message"), Field: []*descriptorpb.FieldDescriptorProto{header, field("body", 2, descriptorpb.FieldDescriptorProto_TYPE_BYTES)},
			NestedType: []*descriptorpb.DescriptorProto{{
				Name: proto.String("HeaderEntry"), Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
				Field: []*descriptorpb.FieldDescriptorProto{field("key", 1, descriptorpb.FieldDescriptorProto_TYPE_STRING), field("value", 2, descriptorpb.FieldDescriptorProto_TYPE_STRING)},
			}},
		}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []transport.Message
	for _, data := range raw {
		m := dynamicpb.NewMessage(file.Messages().Get(0))
		if err := proto.Unmarshal(data, m); err != nil {
			t.Fatalf("%q is no message: %v", data, err)
		}
		one := transport.Message{Header: map[string]string{}, Body: m.Get(m.Descriptor().Fields().ByNumber(2)).Bytes()}
		m.Get(m.Descriptor().Fields().ByNumber(1)).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			one.Header[k.String()] = v.String()
			return true
		})
		out = append(out, one)
	}
	return out
}

var emptyIsNil = cmp.Transformer("emptyIsNil", func(b []byte) string { return string(b) })

// What v4's client sent is received as it was meant, and what v4's server answered is sent in its bytes.
func TestA189_ServerReplaysV4(t *testing.T) {
	for _, f := range grpctest.Fixtures(t, "grpctransport-") {
		t.Run(f.Name, func(t *testing.T) {
			asked, answered := independent(t, f.Asked(t).Messages), independent(t, f.Answered(t).Messages)
			l, err := grpc.NewTransport().Listen("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan []transport.Message, 1)
			go func() {
				if err := l.Accept(func(s transport.Socket) { served <- exchange(t, s, len(asked), answered) }); err != nil {
					t.Error(err)
				}
			}()
			got := f.Ask(t, l.Addr())
			if diff := cmp.Diff(asked, <-served, emptyIsNil); diff != "" {
				t.Errorf("received (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(answered, independent(t, got.Messages), emptyIsNil); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(f.Answered(t).Headers, got.Headers); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// exchange receives so many messages, sends the answers and waits for the peer to leave.
func exchange(t *testing.T, s transport.Socket, many int, answers []transport.Message) (got []transport.Message) {
	for range many {
		var m transport.Message
		if err := s.Recv(&m); err != nil {
			t.Errorf("recv: %v", err)
			return got
		}
		got = append(got, m)
	}
	for i := range answers {
		if err := s.Send(&answers[i]); err != nil {
			t.Errorf("send: %v", err)
		}
	}
	if err := s.Recv(new(transport.Message)); !errors.Is(err, io.EOF) {
		t.Errorf("when the client has left: %v, want io.EOF", err)
	}
	return got
}

// What v4's client sent is sent in its bytes, and what v4's server answered is received as it was meant.
func TestA189_ClientReplaysV4(t *testing.T) {
	for _, f := range grpctest.Fixtures(t, "grpctransport-") {
		t.Run(f.Name, func(t *testing.T) {
			asks, want := independent(t, f.Asked(t).Messages), independent(t, f.Answered(t).Messages)
			addr, asked := f.Serve(t)
			c, err := grpc.NewTransport().Dial(addr)
			if err != nil {
				t.Fatal(err)
			}
			for i := range asks {
				if err := c.Send(&asks[i]); err != nil {
					t.Fatal(err)
				}
			}
			var got []transport.Message
			for range want {
				var m transport.Message
				if err := c.Recv(&m); err != nil {
					t.Fatal(err)
				}
				got = append(got, m)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, got, emptyIsNil); diff != "" {
				t.Errorf("received (-want +got):\n%s", diff)
			}
			sent := asked()
			if diff := cmp.Diff(asks, independent(t, sent.Messages), emptyIsNil); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			theirs := f.Asked(t).Headers
			for _, own := range []map[string]string{theirs, sent.Headers} { // whom one calls and who one is
				delete(own, ":authority")
				own["user-agent"], _, _ = strings.Cut(own["user-agent"], "/")
			}
			if diff := cmp.Diff(theirs, sent.Headers); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			for _, m := range got { // what v4's client printed is what came
				if line := strings.TrimSpace(string(m.Body)); json.Valid(m.Body) && !strings.Contains(f.Stdout, line) {
					t.Errorf("%s is not what v4's client printed: %s", line, f.Stdout)
				}
			}
		})
	}
}

func TestDialWhatIsNoServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it was only to be there
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n") // the client tells
			_ = conn.Close()
		}
	}()
	c, err := grpc.NewTransport().Dial(l.Addr().String())
	if err == nil {
		_ = c.Close() // the error is that it exists
		t.Fatal("a server of another kind is taken for one")
	}
}
