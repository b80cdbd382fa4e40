package profile

import (
	"context"

	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// NewForm makes the form on nodes made up by a test.
func NewForm(ctx context.Context, dir string, find func(context.Context) ([]profiling.Target, error)) tui.Screen {
	return newForm(ctx, env{theme.Default(), dir, nil}, safetext.Literal("shop.ads"), find)
}

// NewViewer opens the viewer on captures; base may be empty.
func NewViewer(ctx context.Context, dir, base string, ids ...string) tui.Screen {
	return newViewer(ctx, env{theme.Default(), dir, nil}, opened{ids, base})
}
