package call

import (
	"context"
	"time"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose"
)

// Fake is a backend made up by a test.
type Fake struct {
	Load   func(context.Context, invoke.Request) (*compose.Shape, error)
	Call   func(context.Context, invoke.Request) (*invoke.Result, error)
	Change func() error
}

// NewFake makes a screen on it.
func NewFake(ctx context.Context, r invoke.Request, f Fake) tui.Screen {
	return newScreen(ctx, theme.Default(), r, backend{f.Load, f.Call, f.Change, 5 * time.Second})
}

// Pieces under test.
var (
	ReadOptions  = readOptions
	WriteOptions = writeOptions
	CommandLine  = commandLine
)
