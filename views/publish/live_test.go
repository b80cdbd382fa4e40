package publish_test

import (
	"context"
	"testing"
	"time"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose/composetest"
	"github.com/microtop/microtop/views/publish"
)

func TestALiveBrokerGetsIt(t *testing.T) {
	session := composetest.Live(t)
	tail, err := topics.Follow(t.Context(), session, "orders")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tail.Close() }()
	x := composetest.Open(t, tui.Open{Name: "publish", With: "orders"}, publish.Route(t.Context(), session, theme.Default()))
	x.Type(`{"id": 9}`)
	x.Keys("ctrl+s")
	yes(x)
	x.WaitFor("1 message so far")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if m, err := tail.Next(ctx); err != nil || string(m.JSON) != `{"id": 9}` {
		t.Errorf("%v, %v", m, err)
	}
}
