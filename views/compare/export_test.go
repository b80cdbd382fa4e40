package compare

import (
	"context"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
)

// NewFake makes the screen on calls made up by a test.
func NewFake(ctx context.Context, r invoke.Request, c func(context.Context, invoke.Request) ([]invoke.NodeResult, error)) tui.Screen {
	return newScreen(ctx, theme.Default(), r, c)
}
