package invoke

import (
	stdbytes "bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/codec/bytes"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/schema"
)

const (
	protobufType = "application/protobuf"
	jsonType     = "application/json"
)

// Request is a call to make, or a stream to open.
type Request struct {
	introspect.Target
	Endpoint string
	// Body is JSON; empty is an empty message. A stream's first message, if not empty.
	Body []byte
	// Metadata are request headers.
	Metadata map[string]string
	// Kind, if not empty, is how the caller means to stream: another kind of endpoint is refused, and one whose kind
	// nobody told is taken for it. Unary calls need none.
	Kind schema.Kind
	// ContentType, if not empty, is used as it is, and Body is sent as it is.
	ContentType string
	// Timeout bounds a call with all its attempts and the look at the schema before; 0 is the session's. A stream has
	// none.
	Timeout time.Duration
	// Retries, if not nil, is the number of attempts after the first.
	Retries *int
}

// Attempt is one attempt of a call.
type Attempt struct {
	Node, Address string
	Start         time.Time
	Duration      time.Duration
	Err           error
}

// Result is how a call ended.
type Result struct {
	// Body is the answer as JSON where it could be read, else as it came.
	Body []byte
	// Size is the answer's size on the wire, in bytes.
	Size int
	// ContentType is what was sent.
	ContentType string
	Start       time.Time
	Duration    time.Duration
	// Attempts, in order; the last one is the answer's.
	Attempts []Attempt
	// Err is the call's error; errors.FromError tells its code.
	Err error
}

// Code is the result's status as HTTP names it: 200, or the error's; 0 for an error that has none.
func (r *Result) Code() int32 {
	if r.Err == nil {
		return 200
	}
	return errors.FromError(r.Err).GetCode()
}

// Node is the node that answered, or failed last.
func (r *Result) Node() string {
	if len(r.Attempts) == 0 {
		return ""
	}
	return r.Attempts[len(r.Attempts)-1].Node
}

// KindError says that an endpoint is called in another way. Nothing was sent.
type KindError struct {
	Service, Endpoint string
	// Kind is the endpoint's.
	Kind schema.Kind
	// Topic is a subscriber's.
	Topic string
}

// Error implements error.
func (e *KindError) Error() string {
	switch e.Kind {
	case schema.Subscriber:
		return fmt.Sprintf("%s of %s is a subscriber of topic %s: publish to the topic instead", e.Endpoint, e.Service, e.Topic)
	case schema.Unary:
		return fmt.Sprintf("%s is unary: use `microtop call %s %s`", e.Endpoint, e.Service, e.Endpoint)
	case schema.Stream:
		return fmt.Sprintf("%s is a stream: use `microtop stream server|client|bidi %s %s`", e.Endpoint, e.Service, e.Endpoint)
	case schema.Server, schema.Client, schema.Bidi:
	}
	return fmt.Sprintf("%s is a %s stream: use `microtop stream %s %s %s`", e.Endpoint, e.Kind, e.Kind, e.Service, e.Endpoint)
}

// plan is a request with everything decided that can be before it is sent.
type plan struct {
	request     Request
	description *Description
	endpoint    *schema.Endpoint
	nodes       []*registry.Service // what may be called; nil means any node of the service
	contentType string
	protobuf    bool
}

// prepare resolves the target and chooses the encoding. Its errors mean that nothing was sent.
func prepare(ctx context.Context, session *introspect.Session, r Request) (*plan, error) {
	if !isDebug(r.Endpoint) {
		if err := session.Change(); err != nil {
			return nil, err
		}
	}
	found, err := Load(ctx, session, r.Target)
	if err != nil {
		return nil, err
	}
	having, e, err := find(found, r.Endpoint)
	if err != nil {
		return nil, err
	}
	d := having[0]
	if !isDebug(r.Endpoint) {
		r.Metadata = over(session.Metadata(), r.Metadata)
	}
	if !e.Kind.Callable() {
		return nil, &KindError{Service: d.Name, Endpoint: e.Name, Kind: e.Kind, Topic: e.Topic}
	}
	p := &plan{request: r, description: d, endpoint: e, contentType: r.ContentType}
	if r.Node != "" || r.Version != "" || len(having) < len(found) {
		for _, d := range having {
			p.nodes = append(p.nodes, d.Service)
		}
	}
	if p.contentType == "" {
		p.contentType = jsonType
		if e.Protobuf && d.Schema.Message(e.Request) != nil && d.Schema.Message(e.Response) != nil {
			p.contentType, p.protobuf = protobufType, true
		}
	}
	return p, nil
}

// over is the metadata of a call above those that every call carries, whatever the case of their names.
func over(every, own map[string]string) map[string]string {
	if len(every) == 0 {
		return own
	}
	out := maps.Clone(own)
	if out == nil {
		out = map[string]string{}
	}
	said := map[string]bool{}
	for key := range own {
		said[strings.ToLower(key)] = true
	}
	for key, value := range every {
		if !said[strings.ToLower(key)] {
			out[key] = value
		}
	}
	return out
}

// encode checks a body and turns it into what travels.
func (p *plan) encode(body []byte) (*bytes.Frame, error) {
	if p.request.ContentType != "" && p.request.ContentType != jsonType {
		return &bytes.Frame{Data: body}, nil // the caller knows better
	}
	if err := p.description.Schema.Validate(p.endpoint.Request, body); err != nil {
		return nil, err
	}
	if p.protobuf {
		data, err := p.description.Schema.Encode(p.endpoint.Request, body)
		return &bytes.Frame{Data: data}, err
	}
	if len(body) == 0 {
		body = []byte("{}")
	}
	return &bytes.Frame{Data: body}, nil
}

// decode turns an answer into JSON, if it can.
func (p *plan) decode(data []byte) []byte {
	if !p.protobuf {
		return firstValue(data)
	}
	text, err := p.description.Schema.Decode(p.endpoint.Response, data)
	if err != nil {
		return data
	}
	return text
}

// firstValue is the first JSON value of data: fast streams of v4 servers have junk after it (docs/wire.md §3.7).
func firstValue(data []byte) []byte {
	if json.Valid(data) { // nearly always, and a large answer is not copied
		return stdbytes.TrimSpace(data)
	}
	var value json.RawMessage
	if err := json.NewDecoder(stdbytes.NewReader(data)).Decode(&value); err != nil {
		return data
	}
	return value
}

// Unary calls an endpoint and waits for its answer. The error says why nothing was sent; what came of a call that was
// sent is in the result.
func Unary(ctx context.Context, session *introspect.Session, r Request) (*Result, error) {
	timeout := r.Timeout
	if timeout == 0 {
		timeout = session.Timeout()
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := Prepare(ctx, session, r)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx), nil
}

// Call is a unary call that only remains to be sent: the target is found, the body checked and encoded. It may be sent
// any number of times, also at once.
type Call struct {
	session *introspect.Session
	plan    *plan
	body    []byte
}

// Prepare makes a call ready. Its errors mean that nothing was sent.
func Prepare(ctx context.Context, session *introspect.Session, r Request) (*Call, error) {
	p, err := prepare(ctx, session, r)
	if err != nil {
		return nil, err
	}
	if p.endpoint.Kind.Streams() && p.endpoint.Source != "" {
		return nil, &KindError{Service: r.Service, Endpoint: r.Endpoint, Kind: p.endpoint.Kind}
	}
	body, err := p.encode(r.Body)
	if err != nil {
		return nil, err
	}
	return &Call{session: session, plan: p, body: body.Data}, nil
}

// Do sends the call and waits for its answer, until ctx ends.
func (c *Call) Do(ctx context.Context) *Result {
	p := c.plan
	result := &Result{ContentType: p.contentType, Start: time.Now()}
	by := p.client(c.session)
	answer := new(bytes.Frame)
	req := by.NewRequest(p.description.Name, p.method(), &bytes.Frame{Data: c.body}, client.WithContentType(p.contentType))
	options := append(p.options(), client.OnAttempt(func(a client.Attempt) {
		result.Attempts = append(result.Attempts, attempt(a))
	}))
	result.Err = by.Call(p.context(ctx), req, answer, options...)
	result.Duration = time.Since(result.Start)
	if result.Err == nil {
		result.Size = len(answer.Data)
		result.Body = p.decode(answer.Data)
	}
	return result
}

// client is what speaks the protocols of the plan's nodes.
func (p *plan) client(session *introspect.Session) client.Client { return session.Client() }

// method is what the endpoint is called on the wire. Where every node speaks gRPC, it is the path that the schema knows:
// foreign servers know no other name.
func (p *plan) method() string {
	for _, node := range p.description.Nodes {
		if node.Metadata["protocol"] != introspect.GRPC {
			return p.endpoint.Name
		}
	}
	name := p.endpoint.Name
	if service := p.description.Name; service != "" && !strings.ContainsAny(name, "./") {
		name = "/" + service + "/" + name // as gRPC's own tools are told
	}
	return cmp.Or(p.endpoint.Path, name)
}

func attempt(a client.Attempt) Attempt {
	out := Attempt{Start: a.Start, Duration: a.Duration, Err: a.Err}
	if a.Node != nil {
		out.Node, out.Address = a.Node.Id, a.Node.Address
	}
	return out
}

func (p *plan) context(ctx context.Context) context.Context {
	if len(p.request.Metadata) == 0 {
		return ctx
	}
	return metadata.MergeContext(ctx, p.request.Metadata, true)
}

// options are the call options that the request's target and retries ask for.
func (p *plan) options() []client.CallOption {
	r := p.request
	var options []client.CallOption
	if r.Retries != nil {
		options = append(options, client.WithRetries(*r.Retries))
	}
	if p.endpoint.Metadata["idempotent"] == "true" {
		options = append(options, client.Idempotent())
	}
	if r.Address != "" {
		return append(options, introspect.At(p.description.Nodes[0])...)
	}
	if p.nodes != nil {
		options = append(options, client.WithSelectOption(selector.WithFilter(only(p.nodes))))
	}
	return options
}

// only keeps the nodes that were resolved for the target.
func only(resolved []*registry.Service) selector.Filter {
	allowed := map[[2]string]bool{}
	for _, service := range resolved {
		for _, node := range service.Nodes {
			allowed[[2]string{service.Version, node.Id}] = true
		}
	}
	return func(services []*registry.Service) []*registry.Service {
		var out []*registry.Service
		for _, service := range services {
			kept := *service
			kept.Nodes = slices.DeleteFunc(slices.Clone(service.Nodes), func(n *registry.Node) bool {
				return !allowed[[2]string{service.Version, n.Id}]
			})
			if len(kept.Nodes) > 0 {
				out = append(out, &kept)
			}
		}
		return out
	}
}
