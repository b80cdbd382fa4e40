package cli

import (
	"context"

	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/call"
	"github.com/microtop/microtop/views/compare"
	viewcontexts "github.com/microtop/microtop/views/contexts"
	"github.com/microtop/microtop/views/describe"
	"github.com/microtop/microtop/views/endpoints"
	"github.com/microtop/microtop/views/events"
	viewhistory "github.com/microtop/microtop/views/history"
	"github.com/microtop/microtop/views/load"
	viewlog "github.com/microtop/microtop/views/log"
	"github.com/microtop/microtop/views/logs"
	"github.com/microtop/microtop/views/nodes"
	"github.com/microtop/microtop/views/profile"
	"github.com/microtop/microtop/views/publish"
	"github.com/microtop/microtop/views/services"
	"github.com/microtop/microtop/views/stream"
	"github.com/microtop/microtop/views/tail"
	"github.com/microtop/microtop/views/topics"
)

// routes are the console's screens on a connection, in the order of help.
func routes(ctx context.Context, c *connection, on *targets, look theme.Theme) []tui.Route {
	s, live, book := c.session, c.live, history.Open("")
	list := []tui.Route{
		services.Route(ctx, s, live, look),
		nodes.Route(ctx, s, live, look),
		endpoints.Route(ctx, s, look),
		describe.Route(ctx, s, look),
		call.Route(ctx, s, book, look),
		stream.Route(ctx, s, book, look),
		compare.Route(ctx, s, look),
		load.Route(ctx, s, look),
		viewhistory.Route(ctx, book, s.Flags(), look),
		topics.Route(ctx, s, live, look),
		tail.Route(ctx, s, look),
		publish.Route(ctx, s, look),
		logs.Route(ctx, s, look),
		events.Route(ctx, s, live, look),
	}
	list = append(list, profile.Routes(ctx, s, look, "")...)
	list = append(list, viewcontexts.Route(ctx, on, look), viewlog.Route(ctx, on.hub.journal, look))
	for i := range list {
		if list[i].Name != "log" { // that one looks into it is nothing to be logged
			list[i].Command = twin(list[i].Name, s.Flags())
		}
	}
	return completed(list, live)
}
