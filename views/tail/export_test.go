package tail

import (
	"context"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
)

// Source is source, for tests.
type Source = source

// NewFake makes a screen on a subscription made up by a test.
func NewFake(ctx context.Context, names []string, follow func(context.Context) (Source, error)) tui.Screen {
	return newScreen(ctx, theme.Default(), names, follow)
}

// Match compiles a filter and asks it.
func Match(ctx context.Context, expr string, m *topics.Message) (bool, error) {
	f, err := newFilter(expr)
	if err != nil || f == nil {
		return err == nil, err
	}
	return f.match(ctx, m), nil
}
