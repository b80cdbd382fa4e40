package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	prom "github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/wrapper/monitoring/prometheus"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func wrappers(r prom.Registerer) wrappertest.Wrappers {
	opts := []prometheus.Option{prometheus.WithRegisterer(r), prometheus.ServiceName("shop"), prometheus.ServiceVersion("1"), prometheus.ServiceID("id")}
	return wrappertest.Wrappers{
		Handler: prometheus.NewHandlerWrapper(opts...), Subscriber: prometheus.NewSubscriberWrapper(opts...),
		Client: prometheus.NewClientWrapper(opts...), Call: prometheus.NewCallWrapper(opts...),
	}
}

func TestConformance(t *testing.T) {
	wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers { return wrappers(prom.NewRegistry()) })
}

// counts gathers "kind service endpoint status code" and how often.
func counts(t *testing.T, g prom.Gatherer) map[string]float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() != "micro_request_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			label := map[string]string{}
			for _, l := range m.GetLabel() {
				label[l.GetName()] = l.GetValue()
			}
			out[fmt.Sprintf("%s %s %s %s %s", label["micro_kind"], label["micro_service"], label["micro_endpoint"], label["micro_status"], label["micro_code"])] = m.GetCounter().GetValue()
		}
	}
	return out
}

func TestA294_WhatIsCounted(t *testing.T) {
	r := prom.NewPedanticRegistry()
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers(r), Client: []client.Option{client.Retries(0)}})
	for range 2 {
		if _, err := w.Hello(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
	}
	_ = w.Fail(t.Context(), &fleet.FailRequest{Kind: "badrequest"})
	_ = w.Fail(t.Context(), &fleet.FailRequest{Kind: "panic"})
	_ = w.Fail(t.Context(), &fleet.FailRequest{Kind: "plain", Detail: "x"})
	_ = w.Fail(t.Context(), &fleet.FailRequest{Kind: "micro", Code: 12345})
	_, _ = w.Count(t.Context(), &fleet.CountRequest{From: 1, To: 2})
	if err := w.Publish(t.Context(), "fail"); err != nil {
		t.Fatal(err)
	}
	<-w.Events
	want := map[string]float64{
		"publisher  wrapped.events success 200":                  1,
		"subscriber fleet.greeter wrapped.events failure none":   1,
		"server_stream fleet.greeter Streamer.Count success 200": 1,
		"client_stream fleet.greeter Streamer.Count success 200": 1,
	}
	for _, kind := range []string{"server", "client", "call"} {
		want[kind+" fleet.greeter Greeter.Hello success 200"] = 2
		for _, code := range []string{"400", "500", "none", "other"} {
			want[kind+" fleet.greeter Greeter.Fail failure "+code] = 1
		}
	}
	var got map[string]float64
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) { // counted after the answer
		if got = counts(t, r); maps.Equal(got, want) {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	durations(t, r)
}

// durations checks that each counted kind has its histogram, and the constant labels.
func durations(t *testing.T, r prom.Gatherer) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "micro_request_duration_seconds" {
			continue
		}
		observed := uint64(0)
		for _, m := range f.GetMetric() {
			observed += m.GetHistogram().GetSampleCount()
			label := map[string]string{}
			for _, l := range m.GetLabel() {
				label[l.GetName()] = l.GetValue()
			}
			if label["micro_name"] != "shop" || label["micro_version"] != "1" || label["micro_id"] != "id" {
				t.Errorf("labels %v", label)
			}
		}
		if observed != 22 {
			t.Errorf("%d durations, want 22", observed)
		}
		return
	}
	t.Error("no histogram")
}

func TestLabelsAreBounded(t *testing.T) {
	r := prom.NewRegistry()
	all := wrappers(r)
	call := all.Call(func(context.Context, *registry.Node, client.Request, any, client.CallOptions) error { return nil })
	for i := range 1500 {
		if err := call(t.Context(), nil, client.NewRequest("shop", fmt.Sprint("A.B", i), nil), nil, client.CallOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := call(t.Context(), nil, client.NewRequest("bad\xff", "x", nil), nil, client.CallOptions{}); err != nil {
		t.Fatal(err)
	}
	got := counts(t, r)
	if len(got) != 1001 || got["call other other success 200"] != 501 {
		t.Errorf("%d series, %v others", len(got), got["call other other success 200"])
	}
	serve := all.Handler(func(context.Context, server.Request, any) error { return errs.NotFound("x", "") })
	deliver := all.Subscriber(func(context.Context, server.Message) error { return nil })
	ctx := server.NewContext(t.Context(), server.NewServer(server.Name("shop")))
	for i := range 100 { // of a server that has neither
		_ = serve(ctx, unknown{endpoint: fmt.Sprint(i)}, nil)
		_ = deliver(ctx, event{topic: fmt.Sprint(i)})
		_ = deliver(t.Context(), event{topic: fmt.Sprint(i)})
	}
	got = counts(t, r)
	want := map[string]float64{"server shop other failure 404": 100, "subscriber shop other success 200": 100, "subscriber other other success 200": 100}
	for series, n := range want {
		if got[series] != n {
			t.Errorf("%s: %v, want %v", series, got[series], n)
		}
	}
	if len(got) != 1004 {
		t.Errorf("%d series", len(got))
	}
}

type unknown struct {
	server.Request
	endpoint string
}

func (u unknown) Endpoint() string { return u.endpoint }
func (u unknown) Stream() bool     { return false }

type event struct {
	server.Message
	topic string
}

func (e event) Topic() string { return e.topic }

func TestWithoutARegistererNothingBreaks(t *testing.T) {
	serve := prometheus.NewHandlerWrapper()(func(context.Context, server.Request, any) error { return errors.New("own") })
	if err := serve(t.Context(), unknown{}, nil); err == nil || err.Error() != "own" {
		t.Errorf("error %v", err)
	}
	taken := prom.NewRegistry()
	taken.MustRegister(prom.NewGauge(prom.GaugeOpts{Name: "micro_request_total"}))
	serve = prometheus.NewHandlerWrapper(prometheus.WithRegisterer(taken))(func(context.Context, server.Request, any) error { return nil })
	if err := serve(t.Context(), unknown{}, nil); err != nil {
		t.Errorf("a name that is taken: %v", err)
	}
}

func Example() {
	// In a service: micro.NewService(micro.WrapHandler(prometheus.NewHandlerWrapper(prometheus.WithRegisterer(reg)))), and
	// promhttp.HandlerFor(reg, promhttp.HandlerOpts{}) on a port of one's own.
	reg := prom.NewRegistry()
	call := prometheus.NewCallWrapper(prometheus.WithRegisterer(reg))(
		func(context.Context, *registry.Node, client.Request, any, client.CallOptions) error { return nil })
	for range 3 {
		_ = call(context.Background(), nil, client.NewRequest("shop", "Orders.Place", nil), nil, client.CallOptions{})
	}
	families, err := reg.Gather()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range families {
		fmt.Println(f.GetName(), f.GetMetric()[0].GetCounter().GetValue(), f.GetMetric()[0].GetHistogram().GetSampleCount())
	}
	// Output:
	// micro_request_duration_seconds 0 3
	// micro_request_total 3 0
}
