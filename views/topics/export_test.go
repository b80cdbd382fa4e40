package topics

import (
	"context"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

// NewFake makes a screen whose meter a test made up.
func NewFake(ctx context.Context, session *introspect.Session, source show.Source, th theme.Theme, m meter) tui.Screen {
	return newScreen(ctx, session, source, th, func() meter { return m })
}
