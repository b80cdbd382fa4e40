package publish

import (
	"context"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
)

// Fake is a broker made up by a test.
type Fake struct {
	Publish  func(ctx context.Context, b topics.Batch, sent func(n int)) (int, error)
	Check    func(topics.Publication) error
	Skeleton string
	Change   func() error
}

// NewFake makes a screen on a broker made up by a test.
func NewFake(ctx context.Context, topic string, f Fake) tui.Screen {
	back := backend{publish: f.Publish, change: f.Change, flags: []string{"--registry", "file"}}
	if f.Check != nil {
		back.learn = func(context.Context, string) (func(topics.Publication) error, []byte, error) {
			return f.Check, []byte(f.Skeleton), nil
		}
	}
	return newScreen(ctx, theme.Default(), topic, back)
}
