package opentelemetry_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/wrapper/trace/opentelemetry"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func wrappers(tp trace.TracerProvider, more ...opentelemetry.Option) wrappertest.Wrappers {
	opts := append([]opentelemetry.Option{opentelemetry.WithTraceProvider(tp)}, more...)
	return wrappertest.Wrappers{
		Handler: opentelemetry.NewHandlerWrapper(opts...), Subscriber: opentelemetry.NewSubscriberWrapper(opts...),
		Client: opentelemetry.NewClientWrapper(opts...), Call: opentelemetry.NewCallWrapper(opts...),
	}
}

func recorded() (*tracetest.SpanRecorder, trace.TracerProvider) {
	r := tracetest.NewSpanRecorder()
	return r, sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(r))
}

func TestConformance(t *testing.T) {
	t.Run("spans", func(t *testing.T) {
		wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers {
			_, tp := recorded()
			return wrappers(tp)
		})
	})
	t.Run("the default, no provider", func(t *testing.T) {
		wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers {
			return wrappertest.Wrappers{Handler: opentelemetry.NewHandlerWrapper(), Client: opentelemetry.NewClientWrapper(), Call: opentelemetry.NewCallWrapper(), Subscriber: opentelemetry.NewSubscriberWrapper()}
		})
	})
}

// wait returns the spans that ended, in that order, once there are n.
func wait(t *testing.T, r *tracetest.SpanRecorder, n int) []sdktrace.ReadOnlySpan {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if len(r.Ended()) >= n {
			break
		}
	}
	spans := r.Ended()
	if len(spans) != n {
		for _, s := range spans {
			t.Logf("%s %s", s.SpanKind(), s.Name())
		}
		t.Fatalf("%d spans, want %d", len(spans), n)
	}
	return spans
}

// chain checks that spans, innermost first, are each the child of the next, and their kinds and names.
func chain(t *testing.T, spans []sdktrace.ReadOnlySpan, want ...string) {
	t.Helper()
	byID := map[trace.SpanID]sdktrace.ReadOnlySpan{}
	parents := map[trace.SpanID]bool{}
	for _, s := range spans {
		byID[s.SpanContext().SpanID()] = s
		parents[s.Parent().SpanID()] = true
	}
	var at sdktrace.ReadOnlySpan
	for _, s := range spans {
		if !parents[s.SpanContext().SpanID()] {
			at = s
		}
	}
	var got []string
	for at != nil {
		got = append(got, at.SpanKind().String()+" "+at.Name())
		if at.SpanContext().TraceID() != spans[0].SpanContext().TraceID() {
			t.Errorf("%s is of another trace", at.Name())
		}
		at = byID[at.Parent().SpanID()]
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("spans %v, want %v", got, want)
	}
}

func TestA295_ATraceGoesThroughEverything(t *testing.T) {
	const hello, count = "fleet.greeter.Greeter.Hello", "fleet.greeter.Streamer.Count"
	for _, c := range []struct {
		name string
		do   func(*testing.T, *wrappertest.World)
		want []string
	}{
		{"a call", func(t *testing.T, w *wrappertest.World) {
			if _, err := w.Hello(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		}, []string{"server " + hello, "client " + hello, "client " + hello}},
		{"a stream", func(t *testing.T, w *wrappertest.World) {
			_, _ = w.Count(t.Context(), &fleet.CountRequest{From: 1, To: 2})
		}, []string{"server " + count, "client " + count}},
		{"a message", func(t *testing.T, w *wrappertest.World) {
			if err := w.Publish(t.Context(), "x"); err != nil {
				t.Error(err)
			}
		}, []string{"consumer Sub from wrapped.events", "producer Pub to wrapped.events"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, tp := recorded()
			w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers(tp)})
			c.do(t, w)
			spans := wait(t, r, len(c.want))
			chain(t, spans, c.want...)
			for _, s := range spans {
				if s.Status().Code == codes.Error {
					t.Errorf("%s failed: %v", s.Name(), s.Status())
				}
			}
		})
	}
}

func TestErrorsAndPanicsEndSpans(t *testing.T) {
	for _, c := range []struct {
		name, detail string
		do           func(*testing.T, *wrappertest.World)
		spans        int
	}{
		{"error", "short", func(t *testing.T, w *wrappertest.World) {
			_ = w.Fail(t.Context(), &fleet.FailRequest{Kind: "micro", Code: 418, Detail: "short"})
		}, 3},
		{"panic", "panic", func(t *testing.T, w *wrappertest.World) {
			_ = w.Fail(t.Context(), &fleet.FailRequest{Kind: "panic", Detail: "boom"})
		}, 3},
		{"stream", "stream failed", func(t *testing.T, w *wrappertest.World) {
			_, _ = w.Count(t.Context(), &fleet.CountRequest{From: 1, To: 5, FailAfter: 1, FailKind: "badrequest"})
		}, 2},
		{"long", strings.Repeat("é", 512) + "…", func(t *testing.T, w *wrappertest.World) {
			_ = w.Fail(t.Context(), &fleet.FailRequest{Kind: "micro", Code: 400, Detail: strings.Repeat("é", 600)})
		}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, tp := recorded()
			w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers(tp), Client: []client.Option{client.Retries(0)}})
			c.do(t, w)
			for _, s := range wait(t, r, c.spans) {
				if s.Status().Code != codes.Error || s.SpanKind() == trace.SpanKindServer && s.Status().Description != c.detail {
					t.Errorf("%s %s: %+v", s.SpanKind(), s.Name(), s.Status())
				}
			}
		})
	}
}

func TestAStreamThatIsClosedEndsItsSpan(t *testing.T) {
	r, tp := recorded()
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Client: wrappers(tp).Client}})
	s, err := w.Stream(t.Context(), "PingPong")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Ended()); n != 0 {
		t.Errorf("%d spans ended while the stream is open", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	_ = s.Close()
	wait(t, r, 1)
	if skipped := s.(client.Skipper).Skipped(); skipped != 0 {
		t.Errorf("skipped %d", skipped)
	}
}

func TestFilters(t *testing.T) {
	r, tp := recorded()
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers(tp,
		opentelemetry.WithCallFilter(func(context.Context, client.Request) bool { return true }),
		opentelemetry.WithStreamFilter(func(context.Context, client.Request) bool { return true }),
		opentelemetry.WithPublishFilter(func(context.Context, client.Message) bool { return true }),
		opentelemetry.WithSubscriberFilter(func(context.Context, server.Message) bool { return true }),
		opentelemetry.WithHandleFilter(func(_ context.Context, req server.Request) bool { return req.Endpoint() != "Greeter.Fail" }),
	)})
	_, _ = w.Hello(t.Context(), "x")
	_, _ = w.Count(t.Context(), &fleet.CountRequest{From: 1, To: 1})
	if err := w.Publish(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	<-w.Events
	_ = w.Fail(t.Context(), &fleet.FailRequest{})
	if s := wait(t, r, 1)[0]; s.Name() != "fleet.greeter.Greeter.Fail" || s.Parent().IsValid() {
		t.Errorf("span %s", s.Name())
	}
}

// Both kinds of headers go out, for peers of either kind.
func TestHeadersOut(t *testing.T) {
	_, tp := recorded()
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Client: wrappers(tp).Client}})
	ctx, span := tp.Tracer("test").Start(t.Context(), "test")
	defer span.End()
	stale := metadata.Metadata{"traceparent": "00-0102030405060708090a0b0c0d0e0f10-0102030405060708-01", "micro-trace-id": "stale", "X-Tenant": "blue"}
	got, err := w.Headers(metadata.NewContext(ctx, stale))
	if err != nil {
		t.Fatal(err)
	}
	id := span.SpanContext().TraceID().String()
	if parts := strings.Split(got["Traceparent"], "-"); len(parts) != 4 || parts[1] != id || got["X-Tenant"] != "blue" {
		t.Errorf("headers %v, want trace %s", got, id)
	} else if strings.ReplaceAll(got["Micro-Trace-Id"], "-", "") != id || strings.ReplaceAll(got["Micro-Span-Id"], "-", "") != parts[2]+strings.Repeat("0", 16) {
		t.Errorf("v4's headers %v", got)
	}
}

func TestHeadersIn(t *testing.T) {
	const v4Trace, v4Span = "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "f47ac10b-58cc-4372-a567-0e02b2c3d479"
	const w3c = "00-0102030405060708090a0b0c0d0e0f10-a1a2a3a4a5a6a7a8-01"
	for _, c := range []struct {
		name        string
		header      metadata.Metadata
		trace, span string // of the parent; empty for none
	}{
		{"none", metadata.Metadata{"X": "y"}, "", ""},
		{"W3C", metadata.Metadata{"traceparent": w3c}, "0102030405060708090a0b0c0d0e0f10", "a1a2a3a4a5a6a7a8"},
		{"v4", metadata.Metadata{"Micro-Trace-Id": v4Trace, "Micro-Span-Id": v4Span}, "6ba7b8109dad11d180b400c04fd430c8", "f47ac10b58cc4372"},
		{"v4, one of two", metadata.Metadata{"Micro-Trace-Id": v4Trace}, "", ""},
		{"both", metadata.Metadata{"Traceparent": w3c, "Micro-Trace-Id": v4Trace, "Micro-Span-Id": v4Span}, "0102030405060708090a0b0c0d0e0f10", "a1a2a3a4a5a6a7a8"},
		{"nonsense", metadata.Metadata{"Traceparent": "00-x", "Micro-Trace-Id": "x", "Micro-Span-Id": strings.Repeat("f", 10000)}, "", ""},
		{"zeros", metadata.Metadata{"Micro-Trace-Id": strings.Repeat("0", 32), "Micro-Span-Id": v4Span}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, tp := recorded()
			w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Handler: wrappers(tp).Handler}})
			if _, err := w.Hello(metadata.NewContext(t.Context(), c.header), "x"); err != nil {
				t.Fatal(err)
			}
			parent := wait(t, r, 1)[0].Parent()
			if c.trace == "" {
				if parent.IsValid() {
					t.Errorf("parent %v", parent)
				}
			} else if parent.TraceID().String() != c.trace || parent.SpanID().String() != c.span || !parent.IsRemote() {
				t.Errorf("parent %v %v, want %s %s", parent.TraceID(), parent.SpanID(), c.trace, c.span)
			}
		})
	}
}

func TestStartSpanFromContext(t *testing.T) {
	r, tp := recorded()
	ctx := metadata.NewContext(t.Context(), metadata.Metadata{"Traceparent": "00-0102030405060708090a0b0c0d0e0f10-a1a2a3a4a5a6a7a8-01"})
	ctx, outer := opentelemetry.StartSpanFromContext(ctx, tp, "outer")
	_, inner := opentelemetry.StartSpanFromContext(ctx, tp, "inner")
	inner.End()
	outer.End()
	spans := wait(t, r, 2)
	chain(t, spans, "internal inner", "internal outer")
	if got := spans[1].Parent().SpanID().String(); got != "a1a2a3a4a5a6a7a8" {
		t.Errorf("the outer span's parent is %s", got)
	}
}

// FuzzHeadersIn holds this: whatever the headers say, there is a span, and a parent is a valid one.
func FuzzHeadersIn(f *testing.F) {
	f.Add("00-0102030405060708090a0b0c0d0e0f10-a1a2a3a4a5a6a7a8-01", "k=v", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "f47ac10b-58cc-4372-a567-0e02b2c3d479")
	f.Add("", "", "----", strings.Repeat("-", 1000))
	f.Add("ff-0-0-0", strings.Repeat("a=b,", 5000), strings.Repeat("0", 32), strings.Repeat("f", 16))
	r, tp := recorded()
	serve := wrappers(tp, opentelemetry.WithPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))).Subscriber(
		func(context.Context, server.Message) error { return nil })
	f.Fuzz(func(t *testing.T, parent, state, traceID, spanID string) {
		ctx := metadata.NewContext(t.Context(), metadata.Metadata{"Traceparent": parent, "Tracestate": state, "Baggage": state, "Micro-Trace-Id": traceID, "Micro-Span-Id": spanID})
		r.Reset()
		if err := serve(ctx, event{}); err != nil {
			t.Fatal(err)
		}
		s := r.Ended()
		if len(s) != 1 || !s[0].SpanContext().IsValid() {
			t.Fatalf("spans %v", s)
		}
		if p := s[0].Parent(); p.IsValid() && p.TraceID() != s[0].SpanContext().TraceID() {
			t.Errorf("parent %v of span %v", p, s[0].SpanContext())
		}
	})
}

type event struct{ server.Message }

func (event) Topic() string { return "events" }

// jaeger stands for a collector that takes OTLP over HTTP, as Jaeger does on port 4318.
type jaeger struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*otlp.Span
}

func newJaeger() *jaeger {
	j := new(jaeger)
	j.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		req := new(collector.ExportTraceServiceRequest)
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, req) != nil {
			http.Error(w, "no traces", http.StatusBadRequest)
			return
		}
		j.mu.Lock()
		defer j.mu.Unlock()
		for _, resource := range req.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				j.spans = append(j.spans, scope.GetSpans()...)
			}
		}
	}))
	return j
}

func Example() {
	jaeger := newJaeger() // in earnest: WithEndpointURL("http://jaeger:4318/v1/traces")
	defer jaeger.Close()
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(jaeger.URL+"/v1/traces"))
	if err != nil {
		fmt.Println(err)
		return
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))

	// In a service: micro.NewService(micro.WrapHandler(opentelemetry.NewHandlerWrapper(opentelemetry.WithTraceProvider(tp))))
	handle := opentelemetry.NewSubscriberWrapper(opentelemetry.WithTraceProvider(tp))(
		func(context.Context, server.Message) error { return nil })
	_ = handle(ctx, event{})

	if err := tp.Shutdown(ctx); err != nil { // sends what is left
		fmt.Println(err)
	}
	for _, span := range jaeger.spans {
		fmt.Println(span.GetName())
	}
	// Output: Sub from events
}

func TestSpansReachAJaeger(t *testing.T) {
	j := newJaeger()
	defer j.Close()
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(j.URL+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	t.Run("traffic", func(t *testing.T) { // the service stops before the provider
		w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers(tp)})
		if _, err := w.Hello(t.Context(), "secret name"); err != nil {
			t.Error(err)
		}
	})
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.spans) != 3 || string(j.spans[0].GetTraceId()) != string(j.spans[2].GetTraceId()) {
		t.Errorf("received %v", j.spans)
	}
	if strings.Contains(fmt.Sprint(j.spans), "secret name") {
		t.Error("a body is in a span")
	}
}
