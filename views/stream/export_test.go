package stream

import (
	"context"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose"
)

// Conn is conn, for tests.
type Conn = conn

// NewFake makes a screen on a backend made up by a test.
func NewFake(ctx context.Context, r invoke.Request, load func(context.Context, invoke.Request) (*compose.Shape, error), open func(context.Context, invoke.Request) (Conn, error)) tui.Screen {
	return newScreen(ctx, theme.Default(), r, backend{load: load, open: open, flags: []string{"--registry", "file"}})
}
