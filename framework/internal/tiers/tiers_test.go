package tiers_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/microtop/microtop/framework/internal/tiers"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

func TestEachRankAfterTheOther(t *testing.T) {
	services := []*registry.Service{
		{Version: "1", Nodes: []*registry.Node{{Id: "b1"}, {Id: "a1"}}},
		{Version: "2", Nodes: []*registry.Node{{Id: "a2"}, {Id: "c1"}, {Id: "b2"}}},
	}
	rank := func(n *registry.Node) int { return int(n.Id[0]) }
	stubborn := func(services []*registry.Service) selector.Next {
		return func() (*registry.Node, error) { return services[0].Nodes[0], nil }
	}
	for name, within := range map[string]selector.Strategy{"random": selector.Random, "stubborn": stubborn} {
		next := tiers.Strategy(rank, within)(services)
		for range 3 {
			var got []string
			for range 5 {
				n, err := next()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, n.Id)
			}
			slices.Sort(got[:2])
			slices.Sort(got[2:4])
			if !slices.Equal(got, []string{"a1", "a2", "b1", "b2", "c1"}) {
				t.Errorf("%s: %v", name, got)
			}
		}
	}
	if _, err := tiers.Strategy(rank, selector.Random)(nil)(); !errors.Is(err, selector.ErrNoneAvailable) {
		t.Errorf("of nothing: %v", err)
	}
}
