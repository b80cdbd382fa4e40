package pane_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/pane"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

func TestValuesOfAPartLineUp(t *testing.T) {
	s := pane.NewSheet(paint.NewPens(theme.Plain()), 60)
	field := func(name string) { s.Field(safetext.Clean(name), s.Pens.Text, safetext.Literal("value")) }
	s.Head(safetext.Literal("metadata"))
	s.Align("pid", "micro-pipeline", strings.Repeat("x", 99))
	field("pid")
	field("micro-pipeline")
	s.Head(safetext.Literal("vitals"))
	field("heap")
	var got []int
	for _, row := range s.Rows() {
		if at := strings.Index(ansi.Strip(row), "value"); at >= 0 {
			got = append(got, at)
		}
	}
	if len(got) != 3 || got[0] != 26 || got[1] != 26 || got[2] != 12 {
		t.Errorf("values begin at %v", got)
	}
}
