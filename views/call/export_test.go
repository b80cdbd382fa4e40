package call

import (
	"context"
	"time"

	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/history"
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
	Keep   func(history.Record) error
	Saved  *collection.Folder
	Again  bool     // the request is sent at once
	Flags  []string // where a copied command connects to
}

// NewFake makes a screen on it.
func NewFake(ctx context.Context, r invoke.Request, f Fake) tui.Screen {
	s := newScreen(ctx, theme.Default(), r, backend{load: f.Load, call: f.Call, change: f.Change, keep: f.Keep, saved: f.Saved, timeout: 5 * time.Second, flags: f.Flags})
	s.again = f.Again
	return s
}

// Pieces under test.
var (
	ReadOptions  = readOptions
	WriteOptions = writeOptions
)
