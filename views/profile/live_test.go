package profile_test

import (
	"path/filepath"
	"testing"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose/composetest"
	views "github.com/microtop/microtop/views/profile"
)

func TestALiveServiceIsProfiled(t *testing.T) {
	session := composetest.Live(t)
	dir := filepath.Join(t.TempDir(), "profiles")
	x := composetest.Open(t, tui.Open{Name: "profile", With: composetest.Service}, views.Routes(t.Context(), session, theme.Default(), dir)...)
	x.WaitFor("1 node")
	x.Keys("down", "down", "down", "enter") // goroutine
	x.WaitFor(" goroutine, ")               // the first group is read
	x.Keys("tab")
	x.WaitFor("FLAT%")
	x.Keys("tab")
	x.WaitFor("flame graph")
}
