package microgen

import (
	"strconv"

	"google.golang.org/protobuf/compiler/protogen"
)

// handler writes the server's side: an interface, what registers an implementation of it, and a type for each stream.
func (g *generator) handler(s *protogen.Service) {
	name, private := s.GoName+"Handler", unexported(s.GoName)+"Handler"
	g.P()
	g.P("// ", name, " is what serves ", s.GoName, ".")
	g.comment(s.Comments)
	g.P("type ", name, " interface {")
	for _, m := range s.Methods {
		g.comment(m.Comments)
		g.P(g.handlerSignature(m))
	}
	g.P("}")
	g.register(s, name, private)
	for _, m := range s.Methods {
		g.P()
		if streams(m) {
			g.handlerStream(m, private)
		} else {
			g.P("func (h *", private, ") ", g.handlerSignature(m), " {")
			g.P("return h.", s.GoName, "Handler.", m.GoName, "(ctx, in, out)")
			g.P("}")
		}
	}
}

func (g *generator) handlerSignature(m *protogen.Method) string {
	sig := m.GoName + "(ctx " + g.QualifiedGoIdent(g.context("Context"))
	if !m.Desc.IsStreamingClient() {
		sig += ", in *" + g.QualifiedGoIdent(m.Input.GoIdent)
	}
	if streams(m) {
		return sig + ", stream " + streamName(m, "Stream") + ") error"
	}
	return sig + ", out *" + g.QualifiedGoIdent(m.Output.GoIdent) + ") error"
}

// register writes the function that makes a server serve an implementation. The server names endpoints after the type
// that it is given, so that a type with the service's name has to stand around the implementation.
func (g *generator) register(s *protogen.Service, name, private string) {
	g.P()
	g.P("// Register", name, " makes s serve hdlr as the endpoints ", s.GoName, ".….")
	g.P("func Register", name, "(s ", g.micro("server", "Server"), ", hdlr ", name, ", opts ...", g.micro("server", "HandlerOption"), ") error {")
	g.P("type ", s.GoName, " struct{ ", private, " }")
	g.P("opts = append([]", g.micro("server", "HandlerOption"), "{")
	g.P(g.micro("server", "HandlerDescriptor"), "(", g.file.GoDescriptorIdent, ".Services().ByName(", strconv.Quote(string(s.Desc.Name())), ")),")
	for _, m := range s.Methods {
		if rule, ok := httpRuleOf(m); ok {
			g.P(g.api("WithEndpoint"), "(&", g.api("Endpoint"), "{")
			g.endpoint(m, rule)
			g.P("}),")
		}
	}
	g.P("}, opts...)")
	g.P("return s.Handle(s.NewHandler(&", s.GoName, "{", private, "{hdlr}}, opts...))")
	g.P("}")
	g.P()
	g.P("type ", private, " struct{ ", name, " }")
}

// handlerStream takes the stream that the server gives and hands it on with types; the request of a server stream is
// its first message.
func (g *generator) handlerStream(m *protogen.Method, private string) {
	impl := unexported(m.Parent.GoName) + m.GoName + "Stream"
	g.P("func (h *", private, ") ", m.GoName, "(ctx ", g.context("Context"), ", stream ", g.micro("server", "Stream"), ") error {")
	if m.Desc.IsStreamingClient() {
		g.P("return h.", m.Parent.GoName, "Handler.", m.GoName, "(ctx, &", impl, "{stream})")
	} else {
		g.P("in := new(", m.Input.GoIdent, ")")
		g.P("if err := stream.Recv(in); err != nil {")
		g.P("return err")
		g.P("}")
		g.P("return h.", m.Parent.GoName, "Handler.", m.GoName, "(ctx, in, &", impl, "{stream})")
	}
	g.P("}")
	g.P()
	g.P("// ", streamName(m, "Stream"), " is a stream of ", m.GoName, ", from the handler's side.")
	g.P("type ", streamName(m, "Stream"), " interface {")
	g.P("Context() ", g.context("Context"))
	g.P("SendMsg(any) error")
	g.P("RecvMsg(any) error")
	g.P("Close() error")
	g.streamMethods(m.Desc.IsStreamingServer(), m.Output, m.Desc.IsStreamingClient(), m.Input)
	g.P("}")
	g.P()
	g.P("type ", impl, " struct{ stream ", g.micro("server", "Stream"), " }")
	g.streamBody(impl, m.Desc.IsStreamingServer(), m.Output, m.Desc.IsStreamingClient(), m.Input)
}
