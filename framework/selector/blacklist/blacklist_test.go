package blacklist_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/selector/blacklist"
	"github.com/microtop/microtop/framework/selector/selectortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	selectortest.Run(t, func(_ *testing.T, r registry.Registry) selector.Selector {
		return blacklist.NewSelector(selector.Registry(r), blacklist.Threshold(1))
	}, selectortest.Caps{Records: true})
}

var (
	errRefused = errors.New("connection refused")
	a          = &registry.Node{Id: "a", Address: "10.0.0.1:80"}
	b          = &registry.Node{Id: "b", Address: "10.0.0.2:80"}
)

func open(opts ...selector.Option) selector.Selector {
	r := registry.NewMemoryRegistry(registry.Services(map[string][]*registry.Service{
		"shop": {{Name: "shop", Nodes: []*registry.Node{a, b}}},
	}))
	return blacklist.NewSelector(append([]selector.Option{selector.Registry(r)}, opts...)...)
}

// calls counts the calls of a hundred that go to node b.
func calls(t *testing.T, sel selector.Selector) (toB int) {
	t.Helper()
	for range 100 {
		next, err := sel.Select("shop")
		if err != nil {
			t.Fatal(err)
		}
		n, err := next()
		if err != nil {
			t.Fatal(err)
		}
		if n.Id == "b" {
			toB++
		}
	}
	return toB
}

func TestA167_NodesMarkedBadAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sel := open()
		defer sel.Close()
		for range blacklist.DefaultThreshold - 1 {
			sel.Mark("shop", b, errRefused)
			if calls(t, sel) == 0 {
				t.Fatal("dropped before the threshold")
			}
		}
		sel.Mark("shop", b, nil)
		for range blacklist.DefaultThreshold - 1 {
			sel.Mark("shop", b, errRefused)
		}
		for _, err := range []error{context.Canceled, nil} {
			if calls(t, sel) == 0 {
				t.Fatal("failures that are not in a row add up")
			}
			sel.Mark("shop", b, err)
		}
		for range blacklist.DefaultThreshold {
			sel.Mark("shop", b, errRefused)
		}
		time.Sleep(blacklist.DefaultTTL - time.Millisecond)
		if n := calls(t, sel); n != 0 {
			t.Errorf("%d calls to a node on the list", n)
		}
		time.Sleep(time.Millisecond)
		if calls(t, sel) == 0 {
			t.Error("still dropped when its time is over")
		}
		sel.Mark("shop", b, errRefused)
		if n := calls(t, sel); n != 0 {
			t.Errorf("%d calls after it failed again", n)
		}
		sel.Reset("shop")
		if calls(t, sel) == 0 {
			t.Error("still dropped after Reset")
		}
	})
}

func TestErrorsOfHandlersDoNotCount(t *testing.T) {
	sel := open(blacklist.Threshold(1))
	defer sel.Close()
	sel.Mark("shop", b, microerrors.NotFound("shop", "no such item"))
	if calls(t, sel) == 0 {
		t.Error("dropped for an answer")
	}
}

func TestOptionsOfTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sel := open(blacklist.Threshold(2), blacklist.TTL(time.Minute))
		defer sel.Close()
		sel.Mark("shop", b, errRefused)
		sel.Mark("shop", b, errRefused)
		time.Sleep(59 * time.Second)
		if n := calls(t, sel); n != 0 {
			t.Errorf("%d calls within the time set", n)
		}
		time.Sleep(time.Second)
		if calls(t, sel) == 0 {
			t.Error("still dropped")
		}
	})
}

func TestTheListIsBounded(t *testing.T) {
	sel := open(blacklist.Threshold(1))
	defer sel.Close()
	for i := range 5000 {
		sel.Mark("shop", &registry.Node{Id: fmt.Sprint(i)}, errRefused)
	}
	sel.Mark("shop", b, errRefused)
	if n := calls(t, sel); n != 0 {
		t.Errorf("%d calls to the node listed last", n)
	}
}

func Example() {
	sel := open(blacklist.Threshold(1))
	defer sel.Close()
	sel.Mark("shop", a, errRefused)
	next, err := sel.Select("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	node, err := next()
	fmt.Println(node.Id, err)
	// Output: b <nil>
}
