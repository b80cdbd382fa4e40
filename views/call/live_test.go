package call_test

import (
	"testing"

	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/call"
	"github.com/microtop/microtop/views/compose/composetest"
)

func TestALiveServiceIsCalled(t *testing.T) {
	session := composetest.Live(t)
	x := composetest.Open(t, tui.Open{Name: "call", With: composetest.Service + ` Greeter.Hello {"name": "Ada"}`}, call.Route(t.Context(), session, history.Open(t.TempDir()+"/h"), theme.Default()))
	x.WaitFor("fleet.HelloRequest")
	x.Keys("ctrl+s")
	x.WaitFor("200 OK")
	x.WaitFor("Ada")
	x.WaitFor("  ok")
	x.Keys("ctrl+r", "end", "backspace")
	x.Type(`, "nosuch": 1}`)
	x.WaitFor("nosuch")
	x.Keys("ctrl+s")
	x.WaitFor("nothing was sent")
	x.WaitFor("nosuch: fleet.HelloRequest has no such field")
}

// A request that was not sent is there again when its screen is opened again.
func TestADraftIsKept(t *testing.T) {
	session := composetest.Live(t)
	route := call.Route(t.Context(), session, history.Open(t.TempDir()+"/h"), theme.Default())
	x := composetest.Open(t, tui.Open{Name: "call", With: composetest.Service + " Greeter.Fail"}, route)
	x.WaitFor("fleet.FailRequest")
	open := ":call " + composetest.Service + " Greeter.Hello"
	x.Keys(open, "enter")
	x.WaitFor("○   name")
	x.Keys("enter", "Ada", "enter", "q")
	x.WaitFor("fleet.FailRequest")
	x.Keys(open, "enter")
	x.WaitFor("●   name       Ada")
}

func TestALiveServiceFails(t *testing.T) {
	session := composetest.Live(t)
	x := composetest.Open(t, tui.Open{Name: "call", With: composetest.Service + ` Greeter.Fail {"kind": "badrequest"}`}, call.Route(t.Context(), session, history.Open(t.TempDir()+"/h"), theme.Default()))
	x.WaitFor("fleet.FailRequest")
	x.Keys("ctrl+s")
	x.WaitFor("400 Bad Request")
}

func TestCallsThatNameNothing(t *testing.T) {
	session := composetest.Live(t)
	for _, with := range []any{nil, "", "service", 7} {
		if _, err := call.New(t.Context(), session, history.Open(""), theme.Default(), with); err == nil {
			t.Errorf("%v is taken", with)
		}
	}
}
