package pager_test

import (
	"strings"
	"testing"

	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

func TestASeriesColoursThePrefix(t *testing.T) {
	th := theme.Dark()
	p := pager.New(pager.Options{Theme: th})
	p.SetSize(40, 4)
	for i := range 3 { // the last line is selected
		p.Append(pager.Line{Prefix: safetext.Literal("orders"), Text: safetext.Literal("text"), Series: 2 + i*len(th.Series)})
	}
	if got, want := strings.Count(p.View(), th.Series[1].Render("orders ")), 2; got != want {
		t.Errorf("%d prefixes in the colour, want %d: %q", got, want, p.View())
	}
}
