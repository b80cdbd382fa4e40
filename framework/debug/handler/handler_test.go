package handler_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/debug/handler"
	"github.com/microtop/microtop/framework/debug/log"
	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/debug/stats"
	"github.com/microtop/microtop/framework/debug/trace"
	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Order is a message.
type Order struct {
	ID string `json:"id"`
}

// Shop is a handler whose schema is asked for.
type Shop struct{}

// Place is unary.
func (*Shop) Place(context.Context, *Order, *Order) error { return nil }

// Watch is a stream without a descriptor.
func (*Shop) Watch(context.Context, server.Stream) error { return nil }

type fixture struct {
	client  client.Client
	address string
	log     log.Log
}

func start(t *testing.T, opts handler.Options) *fixture {
	t.Helper()
	r := registry.NewMemoryRegistry()
	f := &fixture{log: log.NewLog()}
	opts.Log, opts.Stats = f.log, stats.NewStats()
	s := server.NewServer(server.Name("shop"), server.Version("1.2.3"), server.Address("127.0.0.1:0"), server.Registry(r))
	if err := s.Handle(s.NewHandler(new(Shop))); err != nil {
		t.Fatal(err)
	}
	for topic, f := range map[string]any{"parcels": new(inbox).take, "letters": readLetter} {
		if err := s.Subscribe(s.NewSubscriber(topic, f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Subscribe(s.NewSubscriber("orders", func(context.Context, *Order) error { return nil })); err != nil {
		t.Fatal(err)
	}
	if err := handler.Register(s, opts); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	f.address = s.Options().Address
	f.client = client.NewClient(client.Registry(r))
	t.Cleanup(func() {
		if c, ok := f.client.(io.Closer); ok {
			_ = c.Close()
		}
		_ = f.client.Options().Selector.Close()
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	services, err := r.GetService("shop")
	if err != nil || len(services) != 1 {
		t.Fatalf("%v, %v", services, err)
	}
	f.address = services[0].Nodes[0].Address
	for _, e := range services[0].Endpoints {
		if strings.HasPrefix(e.Name, "Debug.") {
			t.Errorf("%s is in the registry", e.Name)
		}
	}
	return f
}

func (f *fixture) call(ctx context.Context, endpoint string, req, rsp any) error {
	r := f.client.NewRequest("shop", endpoint, req, client.WithContentType("application/protobuf"))
	return f.client.Call(ctx, r, rsp, client.WithAddress(f.address), client.WithRetries(0))
}

func (f *fixture) stream(t *testing.T, endpoint string, req any) client.Stream {
	t.Helper()
	r := f.client.NewRequest("shop", endpoint, nil, client.WithContentType("application/protobuf"), client.StreamingRequest())
	s, err := f.client.Stream(t.Context(), r, client.WithAddress(f.address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Send(req); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHealthStatsInfo(t *testing.T) {
	f := start(t, handler.Options{})
	health, sample, info := new(pb.HealthResponse), new(pb.StatsResponse), new(pb.InfoResponse)
	for endpoint, messages := range map[string][2]any{
		"Debug.Health": {new(pb.HealthRequest), health},
		"Debug.Stats":  {new(pb.StatsRequest), sample},
		"Debug.Info":   {new(pb.InfoRequest), info},
	} {
		if err := f.call(t.Context(), endpoint, messages[0], messages[1]); err != nil {
			t.Fatalf("%s: %v", endpoint, err)
		}
	}
	if health.GetStatus() != "ok" || sample.GetThreads() == 0 || sample.GetMemory() == 0 || sample.GetStarted() == 0 {
		t.Errorf("health %v, stats %v", health, sample)
	}
	if info.GetName() != "shop" || info.GetVersion() != "1.2.3" || info.GetPid() == 0 || !strings.HasPrefix(info.GetGoVersion(), "go") {
		t.Errorf("info %v", info)
	}
}

// inbox subscribes with a method.
type inbox struct{}

func (*inbox) take(context.Context, *Order) error { return nil }

// readLetter subscribes as a function.
func readLetter(*Order) error { return nil }

func TestSchema(t *testing.T) {
	f := start(t, handler.Options{})
	schema := new(pb.SchemaResponse)
	if err := f.call(t.Context(), "Debug.Schema", new(pb.SchemaRequest), schema); err != nil {
		t.Fatal(err)
	}
	got := map[string]pb.Kind{}
	for _, e := range schema.GetEndpoints() {
		got[e.GetName()+e.GetTopic()] = e.GetKind()
	}
	want := map[string]pb.Kind{"Shop.Place": pb.Kind_UNARY, "Shop.Watch": pb.Kind_STREAM, "Funcorders": pb.Kind_SUBSCRIBER,
		"inbox.takeparcels": pb.Kind_SUBSCRIBER, "readLetterletters": pb.Kind_SUBSCRIBER}
	for name, kind := range want {
		if k, ok := got[name]; !ok || k != kind {
			t.Errorf("%s: %v, %v", name, k, ok)
		}
	}
	if len(got) != len(want) {
		t.Errorf("endpoints %v", got)
	}
}

func TestLogFollows(t *testing.T) {
	f := start(t, handler.Options{})
	write := func(text string) {
		if err := f.log.Write(log.Record{Timestamp: time.Now(), Message: text, Metadata: map[string]string{"level": "info"}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"one", "two", "three"} {
		write(text)
	}
	s := f.stream(t, "Debug.Log", &pb.LogRequest{Count: 2, Stream: true})
	for i, want := range []string{"two", "three", "four"} {
		if i == 2 {
			write("four")
		}
		got := new(pb.Record)
		if err := s.Recv(got); err != nil || got.GetMessage() != want {
			t.Fatalf("got %v, %v; want %q", got, err, want)
		}
	}
}

// What strangers sent may stand in lines and spans: it must not keep the others from being told.
func TestWhatIsKeptCanAlwaysBeTold(t *testing.T) {
	tracer := trace.NewTracer(func(o *trace.Options) { o.Size = 10_000 })
	f := start(t, handler.Options{Tracer: tracer})
	bytes := "\xff\xfe" // no UTF-8
	for _, text := range []string{bytes, "last"} {
		if err := f.log.Write(log.Record{Message: text, Metadata: map[string]string{bytes: bytes}}); err != nil {
			t.Fatal(err)
		}
	}
	s := f.stream(t, "Debug.Log", &pb.LogRequest{})
	for _, want := range []string{"\uFFFD", "last"} {
		if got := new(pb.Record); s.Recv(got) != nil || got.GetMessage() != want || got.GetMetadata()["\uFFFD"] != "\uFFFD" {
			t.Errorf("line %v, want %q", got, want)
		}
	}
	ctx := metadata.MergeContext(t.Context(), metadata.Metadata{"Micro-Trace-Id": bytes, "Micro-Span-Id": bytes}, true)
	for i := range 2000 {
		_, span := tracer.Start(ctx, bytes)
		span.Metadata[bytes] = strings.Repeat("x", 1<<20)
		if i == 1999 {
			span.Name = "last"
		}
		if err := tracer.Finish(span); err != nil {
			t.Fatal(err)
		}
	}
	rsp := new(pb.TraceResponse)
	if err := f.call(t.Context(), "Debug.Trace", &pb.TraceRequest{}, rsp); err != nil {
		t.Fatal(err)
	}
	if n := len(rsp.GetSpans()); n < 100 || rsp.GetSpans()[n-1].GetName() != "last" || rsp.GetSpans()[0].GetTrace() != "\uFFFD" {
		t.Errorf("%d spans, the last is %.200v", n, rsp.GetSpans()[max(n-1, 0):])
	}
}

func read(s client.Stream) ([]byte, error) {
	var out bytes.Buffer
	for {
		chunk := new(pb.ProfileChunk)
		if err := s.Recv(chunk); errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		} else if err != nil {
			return nil, err
		}
		out.Write(chunk.GetData())
	}
}

func TestProfiles(t *testing.T) {
	f := start(t, handler.Options{})
	for _, kind := range []string{"heap", "goroutine", "cpu", "mutex", "block"} {
		data, err := read(f.stream(t, "Debug.Profile", &pb.ProfileRequest{Kind: kind, Seconds: 0.1}))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if _, err := profile.ParseData(data); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestProfileRefusals(t *testing.T) {
	f := start(t, handler.Options{})
	for _, c := range []struct {
		req  *pb.ProfileRequest
		code int32
		want string
	}{
		{&pb.ProfileRequest{Kind: "gpu"}, 400, "cpu"},
		{&pb.ProfileRequest{Kind: "cpu", Seconds: -1}, 400, "seconds"},
		{&pb.ProfileRequest{Kind: "cpu", Seconds: 1e9}, 400, "seconds"},
	} {
		_, err := read(f.stream(t, "Debug.Profile", c.req))
		if e := microerrors.FromError(err); e.GetCode() != c.code || !strings.Contains(e.GetDetail(), c.want) {
			t.Errorf("%v: got %v", c.req, err)
		}
	}
}

func TestOneRecordingAtATime(t *testing.T) {
	f := start(t, handler.Options{})
	first := f.stream(t, "Debug.Profile", &pb.ProfileRequest{Kind: "cpu", Seconds: 30})
	if err := first.Recv(new(pb.ProfileChunk)); err != nil { // it says that it is under way
		t.Fatal(err)
	}
	_, err := read(f.stream(t, "Debug.Profile", &pb.ProfileRequest{Kind: "cpu", Seconds: 1}))
	if e := microerrors.FromError(err); e.GetCode() != 409 {
		t.Errorf("a second recording: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, err := read(f.stream(t, "Debug.Profile", &pb.ProfileRequest{Kind: "cpu", Seconds: 0.1}))
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the recording did not end with its caller: %v", err)
		}
	}
}

func TestTokenAlways(t *testing.T) {
	f := start(t, handler.Options{Token: "secret", TokenAlways: true})
	for token, code := range map[string]int32{"": 403, "wrong": 403, "secret": 0} {
		ctx := t.Context()
		if token != "" {
			ctx = metadata.Set(ctx, "Micro-Debug-Token", token)
		}
		err := f.call(ctx, "Debug.Trace", new(pb.TraceRequest), new(pb.TraceResponse))
		if e := microerrors.FromError(err); e.GetCode() != code {
			t.Errorf("token %q: %v", token, err)
		}
		if code == 403 && !strings.Contains(err.Error(), "--debug-token") {
			t.Errorf("the refusal does not say how to get in: %v", err)
		}
	}
	if err := f.call(t.Context(), "Debug.Health", new(pb.HealthRequest), new(pb.HealthResponse)); err != nil {
		t.Errorf("Health must answer anyone: %v", err)
	}
}
