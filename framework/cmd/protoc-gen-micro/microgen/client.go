package microgen

import (
	"strconv"

	"google.golang.org/protobuf/compiler/protogen"
)

// client writes the caller's side: an interface, its constructor, and a type for each stream.
func (g *generator) client(s *protogen.Service) {
	name, private := s.GoName+"Service", unexported(s.GoName)+"Service"
	g.P()
	g.P("// ", name, " calls a ", s.GoName, ".")
	g.comment(s.Comments)
	g.P("type ", name, " interface {")
	for _, m := range s.Methods {
		g.comment(m.Comments)
		g.P(g.clientSignature(m))
	}
	g.P("}")
	g.P()
	g.P("type ", private, " struct {")
	g.P("c ", g.micro("client", "Client"))
	g.P("name string")
	g.P("}")
	g.P()
	g.P("// New", name, " returns the ", name, " of the service with the name.")
	g.P("func New", name, "(name string, c ", g.micro("client", "Client"), ") ", name, " {")
	g.P("return &", private, "{c: c, name: name}")
	g.P("}")
	for _, m := range s.Methods {
		g.P()
		if streams(m) {
			g.clientStream(m, private)
		} else {
			g.clientCall(m, private)
		}
	}
}

func (g *generator) clientSignature(m *protogen.Method) string {
	sig := m.GoName + "(ctx " + g.QualifiedGoIdent(g.context("Context"))
	if !m.Desc.IsStreamingClient() {
		sig += ", in *" + g.QualifiedGoIdent(m.Input.GoIdent)
	}
	sig += ", opts ..." + g.QualifiedGoIdent(g.micro("client", "CallOption")) + ") ("
	if streams(m) {
		return sig + streamName(m, "Service") + ", error)"
	}
	return sig + "*" + g.QualifiedGoIdent(m.Output.GoIdent) + ", error)"
}

// streamName is the interface of a method's stream, on the side of "Service" or "Stream" (the handler's).
func streamName(m *protogen.Method, side string) string {
	return m.Parent.GoName + "_" + m.GoName + side
}

func (g *generator) clientCall(m *protogen.Method, private string) {
	g.P("func (c *", private, ") ", g.clientSignature(m), " {")
	g.P("out := new(", m.Output.GoIdent, ")")
	g.P("err := c.c.Call(ctx, c.c.NewRequest(c.name, ", strconv.Quote(endpointName(m)), ", in), out, opts...)")
	g.P("if err != nil {")
	g.P("return nil, err")
	g.P("}")
	g.P("return out, nil")
	g.P("}")
}

// clientStream opens the stream; the request of a server stream is its first message.
func (g *generator) clientStream(m *protogen.Method, private string) {
	impl := private + m.GoName
	g.P("func (c *", private, ") ", g.clientSignature(m), " {")
	g.P("stream, err := c.c.Stream(ctx, c.c.NewRequest(c.name, ", strconv.Quote(endpointName(m)), ", &", m.Input.GoIdent, "{}), opts...)")
	g.P("if err != nil {")
	g.P("return nil, err")
	g.P("}")
	if !m.Desc.IsStreamingClient() {
		g.P("err = stream.Send(in)")
		g.P("if err == nil {")
		g.P("err = ", g.micro("client", "EndRequest"), "(stream)")
		g.P("}")
		g.P("if err != nil {")
		g.P("_ = stream.Close() // err says what matters")
		g.P("return nil, err")
		g.P("}")
	}
	g.P("return &", impl, "{stream}, nil")
	g.P("}")
	g.P()
	g.P("// ", streamName(m, "Service"), " is a stream of ", m.GoName, ", from the caller's side. Close it when done.")
	g.P("type ", streamName(m, "Service"), " interface {")
	g.P("Context() ", g.context("Context"))
	g.P("SendMsg(any) error")
	g.P("RecvMsg(any) error")
	g.P("// CloseSend says that no more messages follow; what the handler still sends can be received.")
	g.P("CloseSend() error")
	g.P("Close() error")
	g.streamMethods(m.Desc.IsStreamingClient(), m.Input, m.Desc.IsStreamingServer(), m.Output)
	g.P("}")
	g.P()
	g.P("type ", impl, " struct{ stream ", g.micro("client", "Stream"), " }")
	g.P()
	g.P("func (x *", impl, ") CloseSend() error { return x.stream.CloseSend() }")
	g.streamBody(impl, m.Desc.IsStreamingClient(), m.Input, m.Desc.IsStreamingServer(), m.Output)
}

// streamMethods writes the typed methods of a stream's interface.
func (g *generator) streamMethods(sends bool, out *protogen.Message, receives bool, in *protogen.Message) {
	if sends {
		g.P("Send(*", out.GoIdent, ") error")
	}
	if receives {
		g.P("Recv() (*", in.GoIdent, ", error)")
	}
}

// streamBody writes the methods of a stream, which are those of the framework's with types.
func (g *generator) streamBody(impl string, sends bool, out *protogen.Message, receives bool, in *protogen.Message) {
	g.P()
	g.P("func (x *", impl, ") Close() error { return x.stream.Close() }")
	g.P()
	g.P("func (x *", impl, ") Context() ", g.context("Context"), " { return x.stream.Context() }")
	g.P()
	g.P("func (x *", impl, ") SendMsg(m any) error { return x.stream.Send(m) }")
	g.P()
	g.P("func (x *", impl, ") RecvMsg(m any) error { return x.stream.Recv(m) }")
	if sends {
		g.P()
		g.P("func (x *", impl, ") Send(m *", out.GoIdent, ") error { return x.stream.Send(m) }")
	}
	if receives {
		g.P()
		g.P("func (x *", impl, ") Recv() (*", in.GoIdent, ", error) {")
		g.P("m := new(", in.GoIdent, ")")
		g.P("if err := x.stream.Recv(m); err != nil {")
		g.P("return nil, err")
		g.P("}")
		g.P("return m, nil")
		g.P("}")
	}
}
