package invoke_test

import (
	"slices"
	"testing"
	"time"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
)

// Each node is called once, for itself: one that is dead or silent says so, and no other answers for it.
func TestEveryNodeIsCalled(t *testing.T) {
	t.Parallel()
	w := newWorld()
	addresses := []string{w.node(t, "1", everything), w.node(t, "1", everything), w.node(t, "2", everything)}
	w.claim(t, "1", "gone", dead(t))
	w.claim(t, "1", "deaf", deaf(t))
	s := w.session(t)
	r := request("Greeter.Hello", `{"name":"Ann"}`)
	r.Timeout = 2 * time.Second
	list, err := invoke.EachNode(t.Context(), s, r)
	if err != nil || len(list) != 5 {
		t.Fatal(list, err)
	}
	var answered []string
	for _, n := range list {
		if n.Err == nil {
			answered = append(answered, n.Address)
			if !n.Same || string(n.Body) != `{"message":"Hello Ann"}` {
				t.Errorf("%s: %v %s", n.Node, n.Same, n.Body)
			}
		} else if n.Node != "gone" && n.Node != "deaf" {
			t.Errorf("%s: %v", n.Node, n.Err)
		}
	}
	slices.Sort(answered)
	slices.Sort(addresses)
	if !slices.Equal(answered, addresses) || w.runs.Load() != 3 {
		t.Errorf("%v answered, %d runs", answered, w.runs.Load())
	}
	if invoke.Slowest(list) < 500*time.Millisecond {
		t.Errorf("the slowest took %v", invoke.Slowest(list))
	}
	r.Version = "2"
	if list, err = invoke.EachNode(t.Context(), s, r); err != nil || len(list) != 1 || list[0].Version != "2" {
		t.Error(list, err)
	}
	readonly := w.session(t, func(c *introspect.Config) { c.ReadOnly = true })
	if _, err := invoke.EachNode(t.Context(), readonly, r); err == nil {
		t.Error("a read-only session calls")
	}
	r.Body = []byte(`{"nope":1}`)
	if _, err := invoke.EachNode(t.Context(), s, r); err == nil || w.runs.Load() != 4 {
		t.Error(err, w.runs.Load())
	}
}
