package show

import (
	"math"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Load is what some nodes do together. Nodes that are down count for nothing.
type Load struct {
	// Requests is a second's, NaN when no node tells.
	Requests         float64
	Heap, Goroutines uint64
	// Uptime is the youngest node's: after a restart it is short. 0 unknown.
	Uptime time.Duration
	// RTT is the slowest probe's.
	RTT time.Duration
	// asked and failed are the last minute's requests and errors: an error in fifty shows on a quiet service too.
	asked, failed float64
}

// LoadOf adds nodes up.
func LoadOf(nodes []*fleet.Node) Load {
	sum := Load{Requests: math.NaN()}
	for _, n := range nodes {
		v := n.Vitals
		if v == nil || n.State == fleet.Down {
			continue
		}
		sum.Heap += v.Heap
		sum.Goroutines += v.Goroutines
		sum.RTT = max(sum.RTT, v.RTT)
		if v.Uptime > 0 && (sum.Uptime == 0 || v.Uptime < sum.Uptime) {
			sum.Uptime = v.Uptime
		}
		if len(v.Recent) == 0 {
			continue
		}
		if math.IsNaN(sum.Requests) {
			sum.Requests = 0
		}
		sum.Requests += v.RequestRate
		asked, failed := v.LastMinute()
		sum.asked, sum.failed = sum.asked+asked, sum.failed+failed
	}
	return sum
}

// Trend is how the nodes' request rates went, summed: up to the last n, oldest first.
func Trend(nodes []*fleet.Node, n int) []float64 {
	return trendOf(nodes, n, func(v *fleet.Vitals) []float64 { return v.Recent })
}

// ErrorTrend is how the nodes' rates of errors went, as [Trend] has the requests'.
func ErrorTrend(nodes []*fleet.Node, n int) []float64 {
	return trendOf(nodes, n, func(v *fleet.Vitals) []float64 { return v.RecentErrors })
}

func trendOf(nodes []*fleet.Node, n int, of func(*fleet.Vitals) []float64) []float64 {
	out := make([]float64, n)
	have := 0
	for _, node := range nodes {
		if node.Vitals == nil || node.State == fleet.Down {
			continue
		}
		recent := of(node.Vitals)
		recent = recent[max(len(recent)-n, 0):]
		have = max(have, len(recent))
		for i, v := range recent {
			out[n-len(recent)+i] += v
		}
	}
	return out[n-have:]
}

// ErrorShare is errors by requests of the last minute, NaN when nothing was asked.
func (l Load) ErrorShare() float64 {
	if !(l.asked > 0) {
		return math.NaN()
	}
	return l.failed / l.asked
}

// Spark draws values in w cells as a small curve, the newest last, scaled to the greatest of them.
func Spark(g theme.Glyphs, values []float64, w int) safetext.Line {
	top := 0.0
	values = values[max(len(values)-w, 0):]
	for _, v := range values {
		top = max(top, v)
	}
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", w-len(values)))
	for _, v := range values {
		level := 0
		if top > 0 && v > 0 {
			level = int(math.Round(v / top * float64(len(g.Spark)-1)))
		}
		b.WriteString(g.Spark[min(max(level, 0), len(g.Spark)-1)])
	}
	return safetext.Clean(b.String())
}
