package load

import (
	"context"
	"time"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/load"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
)

// Fake is a backend made up by a test.
type Fake struct {
	Call   func(context.Context) load.Outcome
	Err    error
	Change func() error
}

// NewFake makes the screen on it.
func NewFake(ctx context.Context, r invoke.Request, f Fake) tui.Screen {
	return newScreen(ctx, theme.Default(), r, backend{
		prepare: func(context.Context, invoke.Request) (func(context.Context) load.Outcome, error) {
			return f.Call, f.Err
		},
		change: f.Change, timeout: time.Second,
	})
}

// Show shows a report, as one that came from a load would be.
func Show(shown tui.Screen, o load.Options, r *load.Report) {
	s, _ := shown.(*screen)
	s.ran, s.report = o, r
}

// Line is line, for tests.
var Line = line
