package topics

import (
	"math"
	"strconv"
	"strings"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/table"
	"github.com/microtop/microtop/views/show"
)

// topic is a row.
type topic struct {
	*topics.Topic
	nodes int          // that listen
	rate  *topics.Rate // nil when it is not measured
}

const (
	// rateColumn is the place of the column that measuring sorts by.
	rateColumn = 2
	// trend is how many of the last seconds the TREND column shows.
	trend = 10
)

func columns() []table.Column {
	rate := func(f func(*topics.Rate) float64) func(table.Row) float64 {
		return show.By(func(t *topic) float64 {
			if t.rate == nil {
				return math.NaN()
			}
			return f(t.rate)
		})
	}
	perSecond := rate(func(r *topics.Rate) float64 { return r.PerSecond })
	return []table.Column{
		{Title: "TOPIC", Min: 16, Max: 60, Whole: 40, Flex: 1},
		{Title: "SUBSCRIBERS", Mark: true, Min: 16, Max: 60, Whole: 24, Flex: 1},
		{Title: "MSG/S", Min: 6, Right: true, Number: perSecond},
		{Title: "TREND", Min: trend, Max: trend, Priority: 2, Number: perSecond, Style: func(p *paint.Pens, _ table.Row) paint.Pen { return p.Series[0] }},
		{Title: "BYTES/S", Right: true, Priority: 4, Number: rate(func(r *topics.Rate) float64 { return r.BytesPerSecond })},
		{Title: "COUNTED", Right: true, Priority: 5, Number: rate(func(r *topics.Rate) float64 { return float64(r.Messages) })},
		{Title: "NODES", Mark: true, Right: true, Priority: 1, Number: show.By(func(t *topic) float64 { return float64(t.nodes) })},
		{Title: "QUEUES", Min: 12, Max: 60, Priority: 3, Flex: 1, Style: show.Dim},
	}
}

// cells writes a row.
func (s *screen) cells(t *topic) []safetext.Line {
	listed := func(names []string) safetext.Line {
		if len(names) == 0 {
			return safetext.Literal(show.Unknown)
		}
		return safetext.Clean(strings.Join(names[:min(len(names), 20)], ", "))
	}
	unknown := safetext.Literal(show.Unknown)
	rate, curve, bytes, counted := unknown, safetext.Line{}, unknown, unknown
	if r := t.rate; r != nil && !math.IsNaN(r.PerSecond) {
		sign := ""
		if r.Sampled {
			sign = "~"
		}
		rate = safetext.Clean(sign + show.Rate(r.PerSecond))
		curve = show.Spark(s.theme.Glyphs, r.Recent, trend)
		bytes = safetext.Clean(show.Bytes(uint64(r.BytesPerSecond)))
		counted = safetext.Clean(strconv.FormatUint(r.Messages, 10))
	}
	return []safetext.Line{
		safetext.Clean(t.Name), listed(t.Subscribers), rate, curve, bytes, counted, safetext.Clean(strconv.Itoa(t.nodes)), listed(t.Queues),
	}
}
