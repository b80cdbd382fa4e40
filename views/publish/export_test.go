package publish

import (
	"context"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
)

// NewFake makes a screen on a broker made up by a test.
func NewFake(ctx context.Context, topic string, publish func(context.Context, topics.Publication) error, change func() error) tui.Screen {
	return newScreen(ctx, theme.Default(), topic, backend{publish, change})
}
