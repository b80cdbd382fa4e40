package logs_test

import (
	"testing"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose/composetest"
	"github.com/microtop/microtop/views/logs"
)

func TestTheLogOfALiveService(t *testing.T) {
	session := composetest.Live(t)
	x := composetest.Open(t, tui.Open{Name: "logs", With: composetest.Service}, logs.Route(t.Context(), session, theme.Default()))
	x.WaitFor("1 of 1 node")
	x.WaitFor("INFO")
}

func TestTheLogOfAChosenNode(t *testing.T) {
	session := composetest.Live(t)
	services, err := session.Registry().GetService(composetest.Service)
	if err != nil {
		t.Fatal(err)
	}
	n := services[0].Nodes[0]
	x := composetest.Open(t, tui.Open{Name: "logs", With: []*fleet.Node{{Service: composetest.Service, ID: n.Id, Address: n.Address, Metadata: n.Metadata}}}, logs.Route(t.Context(), session, theme.Default()))
	x.WaitFor("1 of 1 node")
	x.WaitFor("INFO")
}

func TestLogsOfNothing(t *testing.T) {
	session := composetest.Live(t)
	for _, with := range []any{nil, "", "a b", []*fleet.Node{}, 7} {
		if _, err := logs.New(t.Context(), session, theme.Default(), with); err == nil {
			t.Errorf("%v is taken", with)
		}
	}
	x := composetest.Open(t, tui.Open{Name: "logs", With: "nosuch"}, logs.Route(t.Context(), session, theme.Default()))
	x.WaitFor(`no service "nosuch"`)
}
