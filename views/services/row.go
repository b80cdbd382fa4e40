package services

import (
	"math"
	"slices"
	"strconv"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

// line is a row: a service, or one version of it.
type line struct {
	service  *fleet.Service
	version  string // of a version's row; "" for the service's
	last     bool   // the last version's row
	unfolded bool
	nodes    []*fleet.Node
	load     show.Load
	worst    fleet.State
	key      string
}

func newLine(s *fleet.Service, version string, nodes []*fleet.Node) *line {
	return &line{service: s, version: version, nodes: nodes, load: show.LoadOf(nodes), worst: show.Worst(nodes), key: s.Name + "\x00" + version}
}

func (l *line) id() string { return l.key }

func (l *line) target() introspect.Target {
	return introspect.Target{Service: l.service.Name, Version: l.version}
}

// labels are the metadata of its nodes.
func (l *line) labels() []map[string]string {
	out := make([]map[string]string, 0, len(l.nodes))
	for _, n := range l.nodes {
		out = append(out, n.Metadata)
	}
	return out
}

// stamp changes with what the row says.
func (s *screen) stamp(l *line) uint64 {
	stamp := show.Mix(uint64(len(l.service.Endpoints)), uint64(len(l.service.Versions)))
	if l.unfolded || l.last {
		stamp++
	}
	for _, n := range l.nodes {
		stamp = show.Mix(stamp, show.Stamp(n, s.now))
	}
	return stamp
}

// topics are those that the service listens to, in order.
func (l *line) topics() []string {
	var out []string
	for _, e := range l.service.Endpoints {
		if topic := e.Metadata["topic"]; e.Metadata["subscriber"] == "true" && topic != "" {
			out = append(out, topic)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// linesOf makes the rows of a snapshot: services by name, below an unfolded one its versions, the newest first. Rows of
// services that are what they were before are taken over.
func linesOf(s *fleet.Snapshot, internal bool, unfolded map[string]bool, before []*line) []*line {
	out := make([]*line, 0, len(s.Services))
	for _, service := range s.Services {
		if service.Internal && !internal {
			continue
		}
		for len(before) > 0 && before[0].service.Name < service.Name {
			before = before[1:]
		}
		if len(before) > 0 && before[0].service == service && !before[0].unfolded && !unfolded[service.Name] {
			out = append(out, before[0])
			continue
		}
		l := newLine(service, "", service.Nodes)
		out = append(out, l)
		if !unfolded[service.Name] || len(service.Versions) < 2 {
			continue
		}
		l.unfolded = true
		for _, version := range slices.Backward(service.Versions) {
			var nodes []*fleet.Node
			for _, n := range service.Nodes {
				if n.Version == version {
					nodes = append(nodes, n)
				}
			}
			out = append(out, newLine(service, version, nodes))
		}
		out[len(out)-1].last = true
	}
	return out
}

// trend is how many of the last rates the TREND column shows.
const trend = 10

func columns() []table.Column {
	load := func(f func(show.Load) float64) func(table.Row) float64 {
		return show.By(func(l *line) float64 { return f(l.load) })
	}
	health := show.Style(func(p *paint.Pens, l *line) paint.Pen { return show.StatePen(p, l.worst) })
	return []table.Column{
		{Title: "SERVICE", Min: 12, Max: 48, Whole: 28, Flex: 1},
		{Title: "VERSION", Max: 18, Priority: 2, Whole: 12, Mark: true, Style: show.Dim},
		{Title: "NODES", Mark: true, Right: true, Priority: 4, Number: show.By(func(l *line) float64 { return float64(len(l.nodes)) })},
		{Title: "ENDPOINTS", Mark: true, Right: true, Priority: 6, Number: show.By(func(l *line) float64 { return float64(len(l.service.Endpoints)) })},
		{Title: "HEALTH", Mark: true, Min: 10, Max: 24, Whole: 16, Number: show.By(func(l *line) float64 { return severity(l) }), Style: health},
		{Title: "REQ/S", Right: true, Number: load(func(s show.Load) float64 { return s.Requests })},
		{Title: "TREND", Min: trend, Max: trend, Priority: 3, Style: accent, Number: load(func(s show.Load) float64 { return s.Requests })},
		{Title: "ERR%", Right: true, Priority: 1, Number: load(show.Load.ErrorShare), Style: show.Style(errorPen)},
		{Title: "HEAP", Min: 6, Right: true, Priority: 7, Number: load(func(s show.Load) float64 { return float64(s.Heap) })},
		{Title: "GOROUT", Right: true, Priority: 8, Number: load(func(s show.Load) float64 { return float64(s.Goroutines) })},
		{Title: "UPTIME", Right: true, Priority: 7, Number: load(func(s show.Load) float64 { return s.Uptime.Seconds() })},
		{Title: "SEEN", Right: true, Priority: 5, Style: show.Dim},
	}
}

// severity sorts sick services first.
func severity(l *line) float64 {
	order := map[fleet.State]float64{fleet.Down: 0, fleet.Suspect: 1, fleet.Unknown: 2, fleet.Up: 3}
	return order[l.worst]
}

func accent(p *paint.Pens, _ table.Row) paint.Pen { return p.Series[0] }

func errorPen(p *paint.Pens, l *line) paint.Pen { return show.ErrorPen(p, l.load.ErrorShare()) }

// cells writes a row.
func (s *screen) cells(l *line) []safetext.Line {
	g, load := s.theme.Glyphs, l.load
	text := func(v string, known bool) safetext.Line {
		if !known {
			v = show.Unknown
		}
		return safetext.Clean(v)
	}
	rate := safetext.Clean(show.Rate(load.Requests))
	return []safetext.Line{
		safetext.Clean(l.service.Name),
		versionCell(g, l),
		safetext.Clean(strconv.Itoa(len(l.nodes))),
		safetext.Clean(strconv.Itoa(len(l.service.Endpoints))),
		show.Health(g, l.nodes),
		rate,
		show.Spark(g, show.Trend(l.nodes, trend), trend),
		text(show.Percent(load.ErrorShare()), !math.IsNaN(load.ErrorShare())),
		text(show.Bytes(load.Heap), load.Heap > 0),
		text(strconv.FormatUint(load.Goroutines, 10), load.Goroutines > 0),
		text(show.Age(load.Uptime), load.Uptime > 0),
		safetext.Clean(show.Since(s.now, seen(l.nodes))),
	}
}

// versionCell shows the newest version and how many others there are, with the sign to unfold them.
func versionCell(g theme.Glyphs, l *line) safetext.Line {
	versions := l.service.Versions
	switch {
	case l.version != "" && l.last:
		return safetext.Clean(g.Last + " " + l.version)
	case l.version != "":
		return safetext.Clean(g.Branch + " " + l.version)
	case len(versions) == 0:
		return safetext.Line{}
	case len(versions) == 1:
		return safetext.Clean(versions[0])
	}
	sign := g.Collapsed
	if l.unfolded {
		sign = g.Expanded
	}
	newest := safetext.Clean(versions[len(versions)-1]).Cut(12)
	return safetext.Format("%s +%d %s", newest, len(versions)-1, sign)
}
