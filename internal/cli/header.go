package cli

import (
	"fmt"
	"time"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	viewcontexts "github.com/microtop/microtop/views/contexts"
	"github.com/microtop/microtop/views/show"
)

// staleAfter is how old the registry's last answer may be before the header says so.
const staleAfter = 15 * time.Second

// totals are the header's figures of one snapshot.
type totals struct {
	generation                 uint64
	services, nodes, endpoints int
	requests                   float64 // a second
	share                      float64 // of errors, of the last minute's requests
}

func sum(s *fleet.Snapshot) totals {
	t := totals{generation: s.Generation}
	var asked, failed float64
	for _, service := range s.Visible() {
		t.services++
		t.nodes += len(service.Nodes) - service.Count(fleet.Down)
		t.endpoints += len(service.Endpoints)
		for _, n := range service.Nodes {
			if n.Vitals != nil && n.State == fleet.Up {
				t.requests += n.Vitals.RequestRate
				requests, errors := n.Vitals.LastMinute()
				asked, failed = asked+requests, failed+errors
			}
		}
	}
	if asked > 0 {
		t.share = failed / asked
	}
	return t
}

// header says where the console is connected, how much is there, and how fresh that is.
func header(c *connection, where target, look theme.Theme) func(int) []tui.Segment {
	session := c.session
	tint := look.Accent
	if own, ok := look.Tint(where.colour); ok {
		tint = own.Reverse(true) // to be seen at a glance
	}
	var t totals
	return func(int) []tui.Segment {
		s := c.live.Snapshot()
		if t.generation != s.Generation {
			t = sum(s)
		}
		var out []tui.Segment
		if where.name != "" {
			out = append(out, tui.Segment{Label: safetext.Literal("ctx"), Value: safetext.Clean(where.name), Style: tint})
		}
		out = append(out, tui.Segment{Value: safetext.Clean(session.Where()), Style: look.Accent})
		if session.ReadOnly() {
			out = append(out, tui.Segment{Value: safetext.Literal("read only"), Style: look.Warn})
		}
		errors := look.Good
		if t.share >= 0.01 {
			errors = look.Warn
		}
		return append(out,
			tui.Segment{Label: safetext.Literal("services"), Value: safetext.Format("%d", t.services), Style: look.Text},
			tui.Segment{Label: safetext.Literal("nodes"), Value: safetext.Format("%d", t.nodes), Style: look.Text},
			tui.Segment{Value: safetext.Format("%.0f req/s", t.requests), Style: look.Text},
			tui.Segment{Value: safetext.Format("%.1f%% err", 100*t.share), Style: errors},
			tui.Segment{Label: safetext.Literal("endpoints"), Value: safetext.Format("%d", t.endpoints), Style: look.Text},
			freshness(s, look),
		)
	}
}

// freshness says whether the registry answers.
func freshness(s *fleet.Snapshot, look theme.Theme) tui.Segment {
	age := time.Since(s.Taken)
	switch {
	case s.Taken.IsZero() && s.Problem == "":
		return tui.Segment{Value: safetext.Literal("looking …"), Style: look.Dim, Right: true}
	case s.Taken.IsZero():
		return tui.Segment{Value: withRetry("no registry", s), Style: look.Bad, Right: true}
	case s.Problem != "" || age > staleAfter:
		return tui.Segment{Value: withRetry(fmt.Sprintf("stale %ds", int(age.Seconds())), s), Style: look.Warn, Right: true}
	default:
		return tui.Segment{Value: safetext.Clean(fmt.Sprintf("live %ds", int(age.Seconds()))), Style: look.Good, Right: true}
	}
}

// withRetry adds when the registry is asked again.
func withRetry(text string, s *fleet.Snapshot) safetext.Line {
	if retry := show.Retry(s, time.Now()); retry != "" {
		text += ", " + retry
	}
	return safetext.Clean(text)
}

// palette offers every context, service and endpoint.
func palette(live *fleet.Fleet, on *targets) func() []tui.Item {
	return func() []tui.Item {
		out := viewcontexts.Palette(on)
		for _, service := range live.Snapshot().Visible() {
			target := introspect.Target{Service: service.Name}
			out = append(out, tui.Item{
				Label: safetext.Clean(service.Name), Detail: safetext.Literal("service"),
				Run: tui.Do(tui.Open{Name: "endpoints", With: target}),
			})
			kinds := schema.FromRegistry(service.Endpoints)
			for _, e := range kinds.Endpoints {
				if !e.Kind.Callable() {
					continue
				}
				screen := "call"
				if e.Kind.Streams() {
					screen = "stream"
				}
				out = append(out, tui.Item{
					Label: safetext.Clean(service.Name + " " + e.Name), Detail: safetext.Clean(string(e.Kind)),
					Run: tui.Do(tui.Open{Name: screen, With: invoke.Request{Target: target, Endpoint: e.Name}}),
				})
			}
		}
		return out
	}
}
