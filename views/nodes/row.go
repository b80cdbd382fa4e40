package nodes

import (
	"cmp"
	"math"
	"strconv"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/views/show"
)

func columns() []table.Column {
	load := func(f func(show.Load) float64) func(table.Row) float64 {
		return show.By(func(n *fleet.Node) float64 { return f(show.LoadOf([]*fleet.Node{n})) })
	}
	state := show.Style(func(p *paint.Pens, n *fleet.Node) paint.Pen { return show.StatePen(p, n.State) })
	return []table.Column{
		{Title: "SERVICE", Min: 10, Max: 40, Whole: 28},
		{Title: "VERSION", Max: 16, Priority: 4, Whole: 12, Mark: true, Style: show.Dim},
		{Title: "ID", Min: 9, Max: 36, Priority: 2},
		{Title: "ADDRESS", Mark: true, Min: 14, Max: 48, Priority: 1, Whole: 21, Flex: 1},
		{Title: "STATE", Mark: true, Min: 9, Max: 9, Style: state, Number: show.By(severity)},
		{Title: "REQ/S", Right: true, Priority: 2, Number: load(func(l show.Load) float64 { return l.Requests })},
		{Title: "ERR%", Right: true, Priority: 3, Number: load(show.Load.ErrorShare), Style: show.Style(errorPen)},
		{Title: "RTT", Min: 6, Right: true, Priority: 6, Number: load(func(l show.Load) float64 { return l.RTT.Seconds() })},
		{Title: "HEAP", Min: 6, Right: true, Priority: 7, Number: load(func(l show.Load) float64 { return float64(l.Heap) })},
		{Title: "GOROUT", Right: true, Priority: 8, Number: load(func(l show.Load) float64 { return float64(l.Goroutines) })},
		{Title: "UPTIME", Right: true, Priority: 7, Number: load(func(l show.Load) float64 { return l.Uptime.Seconds() })},
		{Title: "SEEN", Right: true, Priority: 5, Style: show.Dim, Number: show.By(func(n *fleet.Node) float64 { return -float64(n.LastSeen.Time().Unix()) })},
		{Title: "PROTOCOL", Max: 10, Priority: 9, Style: show.Dim},
		{Title: "TRANSPORT", Max: 10, Priority: 10, Style: show.Dim},
		{Title: "SERVER", Max: 10, Priority: 11, Style: show.Dim},
	}
}

// severity sorts sick nodes first.
func severity(n *fleet.Node) float64 { return -float64(order(n.State)) }

func order(s fleet.State) int {
	switch s {
	case fleet.Down:
		return 3
	case fleet.Suspect:
		return 2
	case fleet.Unknown:
		return 1
	case fleet.Up:
	}
	return 0
}

func errorPen(p *paint.Pens, n *fleet.Node) paint.Pen {
	return show.ErrorPen(p, show.LoadOf([]*fleet.Node{n}).ErrorShare())
}

// cells writes a row.
func (s *screen) cells(n *fleet.Node) []safetext.Line {
	load := show.LoadOf([]*fleet.Node{n})
	told := func(text string, known bool) safetext.Line {
		if !known {
			text = show.Unknown
		}
		return safetext.Clean(text)
	}
	meta := func(key string) safetext.Line { return safetext.Clean(cmp.Or(n.Metadata[key], show.Unknown)) }
	return []safetext.Line{
		safetext.Clean(n.Service),
		safetext.Clean(n.Version),
		safetext.Clean(show.BareID(n)),
		safetext.Clean(n.Address),
		show.State(s.theme.Glyphs, n.State),
		safetext.Clean(show.Rate(load.Requests)),
		told(show.Percent(load.ErrorShare()), !math.IsNaN(load.ErrorShare())),
		told(show.Duration(load.RTT), load.RTT > 0),
		told(show.Bytes(load.Heap), load.Heap > 0),
		told(strconv.FormatUint(load.Goroutines, 10), load.Goroutines > 0),
		told(show.Age(load.Uptime), load.Uptime > 0),
		safetext.Clean(show.Since(s.now, n.LastSeen.Time())),
		safetext.Clean(n.Protocol()),
		meta("transport"),
		meta("server"),
	}
}
