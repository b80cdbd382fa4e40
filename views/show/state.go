package show

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// maxDots is how many nodes are shown as a dot each.
const maxDots = 6

// Dot is the sign of a state: its shape says what its colour says.
func Dot(g theme.Glyphs, s fleet.State) string {
	switch s {
	case fleet.Up:
		return g.Full
	case fleet.Suspect:
		return g.Half
	case fleet.Down:
		return g.Empty
	case fleet.Unknown:
	}
	return g.Bullet
}

// State is a dot and a word: "● up".
func State(g theme.Glyphs, s fleet.State) safetext.Line {
	return safetext.Clean(Dot(g, s) + " " + s.String())
}

// StatePen is the colour of a state.
func StatePen(p *paint.Pens, s fleet.State) paint.Pen {
	switch s {
	case fleet.Up:
		return p.Good
	case fleet.Suspect:
		return p.Warn
	case fleet.Down:
		return p.Bad
	case fleet.Unknown:
	}
	return p.Dim
}

// troubles are the states to tell of, the worst first.
var troubles = []fleet.State{fleet.Down, fleet.Suspect, fleet.Unknown}

// Worst is the state that matters most of nodes.
func Worst(nodes []*fleet.Node) fleet.State {
	for _, s := range troubles {
		if count(nodes, s) > 0 {
			return s
		}
	}
	return fleet.Up
}

// Health is a dot for each node, or how many of many are up, then what is wrong in words: "●●○ 1 down".
func Health(g theme.Glyphs, nodes []*fleet.Node) safetext.Line {
	up := count(nodes, fleet.Up)
	var text strings.Builder
	if len(nodes) <= maxDots {
		for _, s := range []fleet.State{fleet.Up, fleet.Suspect, fleet.Unknown, fleet.Down} {
			text.WriteString(strings.Repeat(Dot(g, s), count(nodes, s)))
		}
	} else {
		text.WriteString(Dot(g, Worst(nodes)) + " " + strconv.Itoa(up) + "/" + strconv.Itoa(len(nodes)))
	}
	worst := Worst(nodes)
	switch {
	case worst != fleet.Up:
		text.WriteString(" " + strconv.Itoa(count(nodes, worst)) + " " + worst.String())
	case g.ASCII || len(nodes) > maxDots:
		text.WriteString(" up")
	}
	return safetext.Clean(text.String())
}

func count(nodes []*fleet.Node, s fleet.State) int {
	n := 0
	for _, node := range nodes {
		if node.State == s {
			n++
		}
	}
	return n
}

// noticeable is the share of errors from which on it counts as a fault.
const noticeable = 0.01

// Faulty says whether something is wrong with a node: it is down or suspect, or fails some of its requests.
func Faulty(n *fleet.Node) bool {
	return n.State == fleet.Down || n.State == fleet.Suspect || LoadOf([]*fleet.Node{n}).ErrorShare() >= noticeable
}

// AllWell says that a list of faults has none, and how to see all.
func AllWell(what string, n int) safetext.Block {
	return safetext.BlockOf(safetext.Format("no faults: %s, none down, suspect or failing", Count(n, what)), safetext.Line{}, safetext.Format("F   shows every %s", what))
}

// uuidLength is how long a UUID is in text.
const uuidLength = 36

// BareID is a node's id without its service's name.
func BareID(n *fleet.Node) string { return bare(n.Service, n.ID) }

func bare(service, id string) string { return cmp.Or(strings.TrimPrefix(id, service+"-"), id) }

// ShortID is a node's id without its service's name; of a UUID its first part.
func ShortID(n *fleet.Node) string { return Short(n.Service, n.ID) }

// Short is what [ShortID] makes of an id.
func Short(service, id string) string {
	id = bare(service, id)
	if len(id) == uuidLength && strings.Count(id, "-") == 4 {
		return id[:8]
	}
	return id
}

// Why is what is wrong with a node, without what stands beside it anyway.
func Why(n *fleet.Node) string {
	why := strings.TrimPrefix(n.Problem, "dial tcp "+n.Address+": ")
	return strings.TrimPrefix(why, "connect: ")
}

// Trouble says what is wrong with a node, and for how long.
func Trouble(n *fleet.Node, now time.Time) safetext.Line {
	since := "just now"
	if now.Sub(n.Since) >= step {
		since = "for " + Age(now.Sub(n.Since))
	}
	return safetext.Format("%s %s %s: %s", Node(n), n.State, since, cmp.Or(Why(n), "nobody knows why"))
}

// ErrorPen is the colour of a share of errors.
func ErrorPen(p *paint.Pens, share float64) paint.Pen {
	switch {
	case share >= 0.05:
		return p.Bad
	case share > 0:
		return p.Warn
	}
	return p.Text
}

// Node names a node for people: "checkout 7f2c9e01".
func Node(n *fleet.Node) safetext.Line {
	return safetext.Join(" ", safetext.Clean(n.Service).Cut(40), safetext.Clean(ShortID(n)).Cut(40))
}

// Record is a node as it is copied.
type Record struct {
	Service  string            `json:"service"`
	Version  string            `json:"version"`
	ID       string            `json:"id"`
	Address  string            `json:"address"`
	State    string            `json:"state"`
	Problem  string            `json:"problem,omitempty"`
	Metadata map[string]string `json:"metadata"`
}

// Records are nodes as they are copied.
func Records(nodes []*fleet.Node) []Record {
	out := make([]Record, 0, len(nodes))
	for _, n := range nodes {
		out = append(out, Record{n.Service, n.Version, n.ID, n.Address, n.State.String(), n.Problem, n.Metadata})
	}
	return out
}
