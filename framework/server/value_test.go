package server_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
)

type Sub struct{}

func (*Sub) Handle(context.Context, *fleet.Event) error { return nil }

// The record that a v4 server registered for the same handlers, but for those this test leaves out.
func TestA074_A078_RecordEqualsV4s(t *testing.T) {
	s := start(t, all())
	for topic, sub := range map[string]any{
		"fleet.events": new(Sub), "fleet.events.func": func(context.Context, *fleet.Event) error { return nil },
	} {
		if err := s.Subscribe(s.NewSubscriber(topic, sub)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	found, err := s.Options().Registry.GetService(fleet.Service)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d services, %v", len(found), err)
	}
	var v4 struct{ Endpoints []*registry.Endpoint }
	data, err := os.ReadFile("testdata/fleet-endpoints.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v4); err != nil {
		t.Fatal(err)
	}
	var want []*registry.Endpoint
	for _, e := range v4.Endpoints {
		switch e.Name {
		case "Debug.Health", "Debug.Log", "Debug.Stats", "Debug.Trace", "Greeter.Relay":
		default:
			want = append(want, e)
		}
	}
	if diff := cmp.Diff(want, found[0].Endpoints); diff != "" {
		t.Errorf("endpoints (-v4 +ours):\n%s", diff)
	}
}

func TestHandlersThatCannotBeServed(t *testing.T) {
	for name, h := range map[string]any{"nil": nil, "unexported": hidden{}, "no methods": &Nothing{}} {
		s := server.NewServer()
		if err := s.Handle(s.NewHandler(h)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s := server.NewServer()
	if err := s.Handle(s.NewHandler(new(fleet.Shop))); err != nil {
		t.Fatal(err)
	}
	if err := s.Handle(s.NewHandler(new(fleet.Shop))); err == nil {
		t.Error("a second handler of the same name: no error")
	}
	if err := s.Subscribe(s.NewSubscriber("t", func(int) {})); err == nil {
		t.Error("a subscriber without an error result: no error")
	}
}

type hidden struct{}

type Nothing struct{}

func (*Nothing) Helper(string) {}
