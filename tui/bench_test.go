package tui_test

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
)

// BenchmarkFrame is one key and the frame after it, 160 by 50.
func BenchmarkFrame(b *testing.B) {
	s := newShop(b)
	shell, err := tui.NewShell(b.Context(), s.cfg)
	if err != nil {
		b.Fatal(err)
	}
	shell.Init()
	shell.Update(tea.WindowSizeMsg{Width: 160, Height: 50})
	b.ReportAllocs()
	for b.Loop() {
		shell.Update(tea.KeyPressMsg{Code: 'j', Text: "j"})
		shell.View()
	}
}
