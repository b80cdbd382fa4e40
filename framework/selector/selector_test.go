package selector_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/cache"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/selector/selectortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestA160_A169_A170_Conformance(t *testing.T) {
	selectortest.Run(t, func(_ *testing.T, r registry.Registry) selector.Selector {
		return selector.NewSelector(selector.Registry(r))
	}, selectortest.Caps{Records: true})
}

var errRefused = errors.New("connection refused")

func TestAFailingNodeIsProbedWithBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sel := open(t, "a", "b")
		b := &registry.Node{Id: "b", Address: "127.0.0.1:80"}
		for range 50 { // the calls that were under way when it died are one failure
			sel.Mark("shop", b, errRefused)
		}
		for _, wait := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
			time.Sleep(wait*time.Second - time.Millisecond)
			if n := count(t, sel, 200)["b"]; n != 0 {
				t.Errorf("%d calls before %d s are over", n, wait)
			}
			time.Sleep(time.Millisecond)
			if n := count(t, sel, 200)["b"]; n != 1 {
				t.Errorf("%d probes after %d s, want one", n, wait)
			}
			sel.Mark("shop", b, errRefused)
		}
		time.Sleep(30 * time.Second)
		if n := count(t, sel, 200)["b"]; n != 1 {
			t.Errorf("%d probes, want one", n)
		}
		time.Sleep(30 * time.Second) // a probe that nobody told the end of
		if n := count(t, sel, 200)["b"]; n != 1 {
			t.Errorf("%d probes, want one", n)
		}
		sel.Mark("shop", b, nil)
		if n := count(t, sel, 200)["b"]; n < 50 {
			t.Errorf("%d of 200 calls after it came back", n)
		}
	})
}

func TestWhatCountsAsFailing(t *testing.T) {
	for name, tc := range map[string]struct {
		err     error
		failing bool
	}{
		"a dial error":                      {errRefused, true},
		"a deadline":                        {context.DeadlineExceeded, true},
		"the caller gave up":                {fmt.Errorf("call: %w", context.Canceled), false},
		"the client's connection error":     {microerrors.InternalServerError("go.micro.client", "connection error"), true},
		"the client's lost connection":      {microerrors.InternalServerError("go.micro.client.transport", "EOF"), true},
		"the client's timeout":              {microerrors.Timeout("go.micro.client", "call timeout"), true},
		"a handler's 500":                   {microerrors.InternalServerError("shop", "no stock"), false},
		"a handler's 404":                   {microerrors.NotFound("shop", "no such item"), false},
		"a handler's plain error":           {microerrors.Parse("no stock"), false},
		"an answer that it is unavailable":  {microerrors.New("shop", "draining", 503), true},
		"a codec error of the client's own": {microerrors.InternalServerError("go.micro.client.codec", "bad body"), false},
	} {
		sel := open(t, "a", "b")
		sel.Mark("shop", &registry.Node{Id: "b", Address: "127.0.0.1:80"}, tc.err)
		if aside := count(t, sel, 100)["b"] == 0; aside != tc.failing {
			t.Errorf("%s: set aside is %v, want %v", name, aside, tc.failing)
		}
	}
}

func TestANodeThatCameBackElsewhereStartsAfresh(t *testing.T) {
	sel := open(t, "a", "b")
	sel.Mark("shop", &registry.Node{Id: "b", Address: "127.0.0.1:81"}, errRefused)
	if count(t, sel, 100)["b"] == 0 {
		t.Error("set aside for what happened at its former address")
	}
}

// nodes that are gone leave nothing behind.
func TestMarksOfGoneNodesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sel := open(t, "a")
		for i := range 10_000 {
			sel.Mark("shop", &registry.Node{Id: fmt.Sprint(i)}, errRefused)
			time.Sleep(time.Second)
		}
		if n := selector.Marks(sel); n > 1000 {
			t.Errorf("%d marks", n)
		}
	})
}

func TestRoundRobinOfTwoSelectorsIsApart(t *testing.T) {
	one, two := open(t, "a", "b"), open(t, "a", "b")
	var got string
	for _, sel := range []selector.Selector{one, two, two, one} {
		next, err := sel.Select("shop", selector.WithStrategy(selector.RoundRobin))
		if err != nil {
			t.Fatal(err)
		}
		n, err := next()
		if err != nil {
			t.Fatal(err)
		}
		got += n.Id
	}
	if got != "aabb" {
		t.Errorf("nodes %s, want a and b of one around a and b of two", got)
	}
}

func TestStrategiesOnTheirOwn(t *testing.T) {
	services := []*registry.Service{nil, {Nodes: []*registry.Node{{Id: "a"}}}, {Nodes: []*registry.Node{{Id: "b"}, {Id: "c"}}}}
	for name, strategy := range map[string]selector.Strategy{"random": selector.Random, "round robin": selector.RoundRobin} {
		next, counts := strategy(services), map[string]int{}
		for range 300 {
			n, err := next()
			if err != nil {
				t.Fatal(err)
			}
			counts[n.Id]++
		}
		if len(counts) != 3 || name == "round robin" && (counts["a"] != 100 || counts["b"] != 100) {
			t.Errorf("%s: %v", name, counts)
		}
		if _, err := strategy(nil)(); !errors.Is(err, selector.ErrNoneAvailable) {
			t.Errorf("%s of nothing: %v", name, err)
		}
	}
}

func TestA161_InitChangesTheRegistry(t *testing.T) {
	sel := open(t, "a")
	count(t, sel, 1)
	other := registry.NewMemoryRegistry(registry.Services(map[string][]*registry.Service{"shop": {shop("z")}}))
	shared := cache.New(other)
	defer shared.Stop()
	for _, reg := range []registry.Registry{other, shared} {
		if err := sel.Init(selector.Registry(reg)); err != nil {
			t.Fatal(err)
		}
		if got := count(t, sel, 10); got["z"] != 10 {
			t.Errorf("nodes of the old registry: %v", got)
		}
	}
	if err := sel.Close(); err != nil {
		t.Fatal(err)
	}
	if _, known := shared.(cache.Ager).Age("shop"); !known {
		t.Error("Close stopped a cache that is somebody else's")
	}
	if sel.Options().Registry != registry.Registry(shared) {
		t.Error("Options does not give the registry that was set")
	}
}

// A166: the default selector is the one with a cache, and named "registry" as in v4.
func TestA166_TheDefaultLooksUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counted := &counting{Registry: registry.NewMemoryRegistry(registry.Services(map[string][]*registry.Service{"shop": {shop("a", "b")}}))}
		sel := selector.NewSelector(selector.Registry(counted))
		defer sel.Close()
		if selector.DefaultSelector.String() != "registry" || sel.String() != "registry" {
			t.Errorf("named %q and %q", selector.DefaultSelector, sel)
		}
		count(t, sel, 1000)
		if n := counted.asked.Load(); n > 2 { // the look-up, and one more once the watch is there
			t.Errorf("1000 selections asked the registry %d times", n)
		}
		if err := counted.Deregister(&registry.Service{Name: "shop", Version: "1", Nodes: []*registry.Node{{Id: "a"}}}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := count(t, sel, 100); n["a"] != 0 {
			t.Errorf("the cache did not hear that a is gone: %v", n)
		}
	})
}

type counting struct {
	registry.Registry
	asked atomic.Int64
}

func (c *counting) GetService(name string, opts ...registry.GetOption) ([]*registry.Service, error) {
	c.asked.Add(1)
	return c.Registry.GetService(name, opts...)
}

func TestRegistryErrorsAreTold(t *testing.T) {
	sel := selector.NewSelector(selector.Registry(broken{registry.NewMemoryRegistry()}))
	defer sel.Close()
	if _, err := sel.Select("shop"); !errors.Is(err, errRefused) {
		t.Errorf("Select: %v", err)
	}
}

type broken struct{ registry.Registry }

func (broken) GetService(string, ...registry.GetOption) ([]*registry.Service, error) {
	return nil, errRefused
}

// The Next is all that a selection allocates, and one of several a batch of pickers.
func TestSelectAllocatesItsNextOnly(t *testing.T) {
	sel := open(t, "a", "b", "c")
	count(t, sel, 1)
	for what, mark := range map[string]error{"all well": nil, "one aside": errRefused} {
		sel.Mark("shop", &registry.Node{Id: "b", Address: "127.0.0.1:80"}, mark)
		n := testing.AllocsPerRun(1000, func() {
			next, _ := sel.Select("shop")
			node, _ := next()
			sel.Mark("shop", node, nil)
		})
		if n > 1 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

func TestPickAllocatesNothing(t *testing.T) {
	sel := open(t, "a", "b", "c")
	count(t, sel, 1)
	n := testing.AllocsPerRun(1000, func() {
		_, _, _ = sel.(selector.Picker).Pick("shop", nil)
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPickGivesAnotherNodeThanBefore(t *testing.T) {
	sel := open(t, "a", "b")
	var last *registry.Node
	for range 50 {
		n, alone, err := sel.(selector.Picker).Pick("shop", last)
		if err != nil || n == last || alone {
			t.Fatalf("%v after %v, alone %v, %v", n, last, alone, err)
		}
		last = n
	}
	if n, alone, err := open(t, "a").(selector.Picker).Pick("shop", nil); n == nil || !alone || err != nil {
		t.Errorf("the only node: %v, %v, %v", n, alone, err)
	}
	own := selector.Strategy(func(s []*registry.Service) selector.Next { return selector.Random(s) })
	if err := sel.Init(selector.SetStrategy(own)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := sel.(selector.Picker).Pick("shop", nil); !errors.Is(err, selector.ErrNeedsNext) {
		t.Errorf("with a strategy of the program's own: %v", err)
	}
	if _, _, err := sel.(selector.Picker).Pick("nobody", nil); err == nil {
		t.Error("an unknown service has a node")
	}
}

func BenchmarkSelect(b *testing.B) {
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	bench := func(name string, set selector.Option, aside int) {
		b.Run(name, func(b *testing.B) {
			sel := open(b, ids...)
			_ = sel.Init(set)
			count(b, sel, 1)
			for i := range aside {
				sel.Mark("shop", &registry.Node{Id: ids[i], Address: "127.0.0.1:80"}, errRefused)
			}
			b.ReportAllocs()
			for b.Loop() {
				next, _ := sel.Select("shop")
				_, _ = next()
			}
		})
	}
	bench("random", selector.SetStrategy(selector.Random), 0)
	bench("round robin", selector.SetStrategy(selector.RoundRobin), 0)
	bench("random, 5 of 100 aside", selector.SetStrategy(selector.Random), 5)
}

func open(t testing.TB, ids ...string) selector.Selector {
	t.Helper()
	reg := registry.NewMemoryRegistry(registry.Services(map[string][]*registry.Service{"shop": {shop(ids...)}}))
	sel := selector.NewSelector(selector.Registry(reg))
	t.Cleanup(func() { _ = sel.Close() })
	return sel
}

func shop(ids ...string) *registry.Service {
	s := &registry.Service{Name: "shop", Version: "1"}
	for _, id := range ids {
		s.Nodes = append(s.Nodes, &registry.Node{Id: id, Address: "127.0.0.1:80"})
	}
	return s
}

// count selects so many times and counts the nodes.
func count(t testing.TB, sel selector.Selector, times int) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for range times {
		next, err := sel.Select("shop")
		if err != nil {
			t.Fatal(err)
		}
		n, err := next()
		if err != nil {
			t.Fatal(err)
		}
		counts[n.Id]++
	}
	return counts
}
