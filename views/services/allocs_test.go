package services_test

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/services"
	"github.com/microtop/microtop/views/show/showtest"
)

// A key in a long list, with all that is around the screen, stays within the goal of 200 allocations (docs/performance.md).
func TestAKeyAllocatesLittle(t *testing.T) {
	var all []*fleet.Service
	for i := range 1000 {
		all = append(all, showtest.Service(fmt.Sprintf("service-%05d", i), &fleet.Node{
			Version: "1.0.0", ID: fmt.Sprintf("service-%05d-1", i), Address: "10.0.0.1:8080", Metadata: map[string]string{"protocol": "mucp", "transport": "http"},
		}))
	}
	look := theme.Default()
	shell, err := tui.NewShell(t.Context(), tui.Config{
		Theme: look, Start: tui.Open{Name: "services"}, Routes: []tui.Route{services.Route(t.Context(), showtest.Session(t, nil), showtest.New(all...), look)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer shell.Close()
	shell.Init()
	shell.Update(tea.WindowSizeMsg{Width: 200, Height: 50})
	press := func() {
		shell.Update(tea.KeyPressMsg{Code: 'j', Text: "j"})
		shell.View()
	}
	for range 100 { // the list scrolls by then
		press()
	}
	if n := testing.AllocsPerRun(300, press); n > 200 {
		t.Errorf("%v allocations", n)
	}
	if frame := shell.View().Content; !strings.Contains(frame, "service-00400") || !strings.Contains(frame, "10.0.0.1:8080") {
		t.Errorf("no list, or no preview:\n%s", frame)
	}
}
