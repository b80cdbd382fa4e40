package server_test

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/transport"
)

// keeping keeps the records that were registered, as they were handed over.
type keeping struct {
	registry.Registry
	mu      sync.Mutex
	records []*registry.Service
	dead    bool // registrations are lost on their way
}

func (k *keeping) Register(s *registry.Service, opts ...registry.RegisterOption) error {
	k.mu.Lock()
	k.records = append(k.records, s)
	dead := k.dead
	k.mu.Unlock()
	if dead {
		return nil
	}
	return k.Registry.Register(s, opts...)
}

// last is the record registered last, and the number of registrations.
func (k *keeping) last() (*registry.Service, int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.records[len(k.records)-1], len(k.records)
}

// heartbeats runs check on a started server whose time is the bubble's.
func heartbeats(t *testing.T, check func(t *testing.T, k *keeping, s server.Server), opts ...server.Option) {
	synctest.Test(t, func(t *testing.T) {
		k := &keeping{Registry: registry.NewMemoryRegistry()}
		s := server.NewServer(append([]server.Option{
			server.Name("s"), server.Version("7"), server.Id("one"), server.Registry(k), server.Broker(broker.NewMemoryBroker()),
			server.Transport(transport.NewMemoryTransport()), server.WithLogger(quiet()), server.Address("127.0.0.1:0"),
		}, opts...)...)
		if err := s.Handle(s.NewHandler(new(fleet.Greeter))); err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		check(t, k, s)
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	})
}

func beat() {
	time.Sleep(server.DefaultRegisterInterval)
	synctest.Wait()
}

// A054, A058: the record is built once, and later heartbeats register the same one. What changes it makes a new one.
func TestA054_A058_TheRecordIsKept(t *testing.T) {
	heartbeats(t, func(t *testing.T, k *keeping, s server.Server) {
		first, _ := k.last()
		for range 3 {
			beat()
		}
		again, n := k.last()
		if n != 4 || again != first {
			t.Errorf("%d registrations, the last of the first's record: %v", n, again == first)
		}
		if err := s.Handle(s.NewHandler(new(fleet.Shop))); err != nil {
			t.Fatal(err)
		}
		beat()
		if now, _ := k.last(); now == first || len(now.Endpoints) <= len(first.Endpoints) {
			t.Error("a new handler is not in the record of the next heartbeat")
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
		before, _ := k.last()
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		if now, _ := k.last(); now == before {
			t.Error("the record outlived the registration")
		}
	})
}

func TestA055_WhatTheRecordSays(t *testing.T) {
	heartbeats(t, func(t *testing.T, k *keeping, s server.Server) {
		if err := s.Subscribe(s.NewSubscriber("orders", func(context.Context, *fleet.Event) error { return nil })); err != nil {
			t.Fatal(err)
		}
		beat()
		found, err := k.GetService("s")
		if err != nil || len(found) != 1 || len(found[0].Nodes) != 1 {
			t.Fatalf("found %v, %v", found, err)
		}
		r := found[0]
		want := &registry.Node{Id: "s-one", Address: s.Options().Address, Metadata: map[string]string{
			"zone": "a", "transport": "memory", "broker": "memory", "server": "mucp", "registry": "memory", "protocol": "mucp",
		}}
		beyondV4(r.Nodes[0])
		if diff := cmp.Diff(want, r.Nodes[0]); diff != "" || r.Name != "s" || r.Version != "7" {
			t.Errorf("%s %s, node (-want +got):\n%s", r.Name, r.Version, diff)
		}
		var endpoints []string
		for _, e := range r.Endpoints {
			endpoints = append(endpoints, strings.TrimSpace(e.Name+" "+e.Metadata["topic"]))
		}
		if diff := cmp.Diff([]string{"Greeter.Fail", "Greeter.Headers", "Greeter.Hello", "Greeter.Slow", "Func orders"}, endpoints); diff != "" {
			t.Errorf("endpoints (-want +got):\n%s", diff)
		}
	}, server.Metadata(map[string]string{"zone": "a"}))
}

// beyondV4 takes what v4 does not register out of a node's metadata.
func beyondV4(n *registry.Node) {
	n.Metadata = maps.Clone(n.Metadata)
	maps.DeleteFunc(n.Metadata, func(key, _ string) bool { return strings.HasPrefix(key, "micro-") })
}

func TestA154_TheNodesIDAndMetadata(t *testing.T) {
	heartbeats(t, func(t *testing.T, k *keeping, _ server.Server) {
		record, _ := k.last()
		n := record.Nodes[0]
		id, ok := strings.CutPrefix(n.Id, "s-")
		if _, err := uuid.Parse(id); !ok || err != nil {
			t.Errorf("id %q: %v", n.Id, err)
		}
		for _, key := range []string{"broker", "protocol", "registry", "server", "transport"} {
			if n.Metadata[key] == "" {
				t.Errorf("metadata has no %s: %v", key, n.Metadata)
			}
		}
	}, server.Id(server.NewServer().Options().Id))
}

func TestA060_StopEndsTheHeartbeatAndTheServerCanStartAgain(t *testing.T) {
	heartbeats(t, func(t *testing.T, k *keeping, s server.Server) {
		for round := 1; round <= 3; round++ {
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if _, n := k.last(); n != round {
				t.Errorf("%d registrations, %d of them after Stop", n, n-round)
			}
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
		}
		beat()
		if _, n := k.last(); n != 5 {
			t.Errorf("%d registrations, want the heartbeat after the last start", n)
		}
	})
}

// A061: the heartbeat keeps a registration alive past its TTL; a node whose heartbeats do not arrive expires.
func TestA061_TTL(t *testing.T) {
	heartbeats(t, func(t *testing.T, k *keeping, _ server.Server) {
		time.Sleep(10 * time.Minute)
		if _, err := k.GetService("s"); err != nil {
			t.Errorf("after ten minutes of heartbeats: %v", err)
		}
		k.mu.Lock()
		k.dead = true
		k.mu.Unlock()
		time.Sleep(45 * time.Second)
		if _, err := k.GetService("s"); err != nil {
			t.Errorf("within its TTL: %v", err)
		}
		time.Sleep(46 * time.Second)
		if found, err := k.GetService("s"); err == nil {
			t.Errorf("still there after its TTL: %v", found)
		}
	}, server.RegisterTTL(90*time.Second))
}
