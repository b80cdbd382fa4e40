package contexts

import (
	"context"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
)

// New makes the screen; wanted is the context to switch to at once, "" for none.
func New(ctx context.Context, targets Targets, wanted string) tui.Screen {
	return newScreen(ctx, targets, theme.Default(), wanted)
}
