package cli

import (
	"context"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/nodes"
	"github.com/microtop/microtop/views/services"
)

// routes are the console's screens, in the order of help.
func routes(ctx context.Context, s *introspect.Session, live *fleet.Fleet, look theme.Theme) []tui.Route {
	return []tui.Route{
		services.Route(ctx, s, live, look),
		nodes.Route(ctx, s, live, look),
	}
}
