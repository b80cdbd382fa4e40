package compose

import (
	"context"
	"errors"
	"time"

	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// Did is what the log keeps of a call or stream: how it went, and the command line that makes it again, both without
// secrets. connect are the flags that say where to connect to; kind is a stream's.
func Did(r history.Record, err error, kind schema.Kind, connect ...string) tui.Did {
	took := show.Duration(time.Duration(r.DurationMs * float64(time.Millisecond)))
	again := r.Again()
	what := safetext.Format("called %s %s", again.Target, r.Endpoint)
	if r.Stream {
		again.Kind = kind
		what = safetext.Format("streamed with %s %s", again.Target, r.Endpoint)
	}
	d := tui.Did{Level: tui.Good, Quiet: true, Command: collection.Line(again, connect...)}
	switch {
	case errors.Is(err, context.Canceled) && r.Stream:
		d.Level, d.Text = tui.Warn, safetext.Format("%s: cancelled after %s, sent %d, received %d", what, took, r.Sent, r.Received)
	case errors.Is(err, context.Canceled):
		d.Level, d.Text = tui.Warn, safetext.Format("%s: cancelled", what)
	case r.Error != "":
		d.Level, d.Text = tui.Bad, safetext.Format("%s: %s", what, r.Error)
	case r.Stream:
		d.Text = safetext.Format("%s: sent %d, received %d in %s", what, r.Sent, r.Received, took)
	default:
		d.Text = safetext.Format("%s: %s in %s", what, show.Status(r.Status), took)
	}
	if r.Cut && len(r.Request) == 0 {
		d.Command = "" // without its body it would be another call
	}
	return d
}
