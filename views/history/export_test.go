package history

import (
	"context"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
)

// Book is book, for tests.
type Book = book

// NewFake makes the screen on a book made up by a test.
func NewFake(ctx context.Context, b Book, flags ...string) tui.Screen {
	return newScreen(ctx, theme.Default(), b, flags)
}
