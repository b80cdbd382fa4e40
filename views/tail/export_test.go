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
	return NewFakeBroker(ctx, names, follow, nil, nil)
}

// NewFakeBroker is NewFake with publishing.
func NewFakeBroker(ctx context.Context, names []string, follow func(context.Context) (Source, error), republish func(context.Context, *topics.Message) error, change func() error) tui.Screen {
	return newScreen(ctx, theme.Default(), names, backend{follow, republish, change, []string{"--registry", "file"}})
}

// Match compiles a filter and asks it.
func Match(ctx context.Context, expr string, m *topics.Message) (bool, error) {
	f, err := ParseFilter(expr)
	return err == nil && f.Match(ctx, m, topics.Guess), err
}
