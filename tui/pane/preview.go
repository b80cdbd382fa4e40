package pane

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/paint"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/scroll"
	"github.com/microtop/microtop/tui/theme"
)

const (
	// wide is the width from which a preview is beside its list, and shown unless it was
	// closed: a terminal of 140 columns has it left inside its frame.
	wide = 138
	// leastHeight is the height below which there is no preview.
	leastHeight = 12
	// leastBelow is the fewest rows of a preview below its list.
	leastBelow = 7
	// step is how many rows one key scrolls a preview.
	step = 3
)

// Zoom is how much of the room a preview takes.
type Zoom int

// The zooms.
const (
	Normal Zoom = iota
	Half
	Whole // the list is hidden, its cursor still moves
)

// Preview is a pane that says more of the row a list's cursor is on: beside the list
// where there is room, else below. p opens and closes it, + and _ zoom, J and K or the
// wheel scroll it. Make it with [NewPreview]; it belongs to the goroutine of its screen.
type Preview struct {
	pens   *paint.Pens
	chosen bool // opened or closed by the user; else the width decides
	open   bool
	zoom   Zoom

	w, h  int
	list  Area
	area  Area // W 0 while there is none
	sheet Sheet
	of    string // what the sheet is of
	fresh bool   // the sheet says what it would say now
	top   int    // first row shown
}

// NewPreview returns a preview that opens by itself where there is room beside the list.
func NewPreview(th theme.Theme) *Preview {
	p := &Preview{pens: paint.NewPens(th)}
	p.sheet.Pens = p.pens
	return p
}

// Choice is what the user made of a preview.
type Choice struct {
	Chosen, Open bool
	Zoom         Zoom
}

// Choice returns what the user made of it.
func (p *Preview) Choice() Choice { return Choice{p.chosen, p.open, p.zoom} }

// Choose makes it what the user made of another one.
func (p *Preview) Choose(c Choice) {
	p.chosen, p.open, p.zoom = c.Chosen, c.Open, min(max(c.Zoom, Normal), Whole)
}

// Layout shares w by h cells between the list and the preview. The preview's area is
// empty when it is closed or does not fit.
func (p *Preview) Layout(w, h int) (list, preview Area) {
	p.w, p.h = w, h
	p.list, p.area = Area{W: w, H: h}, Area{}
	beside := w >= wide
	if open := p.open || !p.chosen && beside; !open || h < leastHeight || w < 20 {
		return p.list, p.area
	}
	switch {
	case p.zoom == Whole:
		p.list, p.area = Area{}, Area{W: w, H: h}
	case beside:
		side := w * 3 / 8
		if p.zoom == Half {
			side = w / 2
		}
		p.list.W = w - side - 1
		p.area = Area{X: w - side, W: side, H: h}
	default:
		below := max(h*2/5, leastBelow)
		if p.zoom == Half {
			below = max(h*3/5, leastBelow)
		}
		p.list.H = h - below
		p.area = Area{Y: h - below, W: w, H: below}
	}
	return p.list, p.area
}

// Shown tells whether the last Layout had room for the preview, and wanted it.
func (p *Preview) Shown() bool { return p.area.W > 0 }

// Hides tells whether it takes all the room, so that the list is not seen.
func (p *Preview) Hides() bool { return p.Shown() && p.list.W == 0 }

// Refresh says that there is other to say of the row.
func (p *Preview) Refresh() { p.fresh = false }

// Draw puts the list's drawing and the preview together as Layout said. of names the row
// the preview is about, title is for people, fill writes the sheet; it is not called
// while the same row was not refreshed.
func (p *Preview) Draw(list, of string, title safetext.Line, fill func(*Sheet)) string {
	if !p.Shown() {
		return list
	}
	if of != p.of {
		p.of, p.top, p.fresh = of, 0, false
	}
	if w := p.area.W - 2; w != p.sheet.w || !p.fresh {
		p.fresh = true
		p.sheet.clear(w)
		if fill != nil {
			fill(&p.sheet)
		}
	}
	pane := p.draw(title)
	switch {
	case p.Hides():
		return pane
	case p.area.X > 0:
		return Beside(p.pens, p.h, list, pane)
	}
	return Stack(list, pane)
}

func (p *Preview) draw(title safetext.Line) string {
	p.top = min(p.top, p.hidden())
	rows := p.sheet.rows[p.top:]
	note := safetext.Literal("p closes")
	if hidden := p.hidden(); hidden > 0 {
		note = safetext.Format("%d%s  J K scroll", 100*p.top/hidden, "%")
	}
	var b strings.Builder
	size := 4 * p.area.W // the rule's
	for _, row := range rows {
		size += len(row) + len("\n ")
	}
	b.Grow(size + p.area.H)
	b.WriteString(Rule(p.pens, p.area.W, title, note, false))
	for i := range p.area.H - 1 {
		b.WriteByte('\n')
		if i < len(rows) {
			b.WriteByte(' ')
			b.WriteString(rows[i])
		}
	}
	return b.String()
}

// hidden is how many rows there is no room for.
func (p *Preview) hidden() int { return max(len(p.sheet.rows)-(p.area.H-1), 0) }

// Update takes what is the preview's of a screen's messages, and tells whether it was.
func (p *Preview) Update(msg tea.Msg) bool {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return p.key(msg.String())
	case tea.MouseWheelMsg:
		if _, ok := p.area.In(msg); ok {
			rows, _ := scroll.OfWheel(msg)
			p.scroll(rows)
			return true
		}
	case tea.MouseClickMsg:
		_, ok := p.area.In(msg)
		return ok
	}
	return false
}

func (p *Preview) key(name string) bool {
	switch name {
	case "p":
		p.chosen, p.open = true, !p.isOpen()
	case "+":
		if !p.isOpen() {
			p.chosen, p.open = true, true
			break
		}
		p.chosen, p.open, p.zoom = true, true, min(p.zoom+1, Whole)
	case "_":
		p.zoom = max(p.zoom-1, Normal)
	case "J":
		p.scroll(step)
	case "K":
		p.scroll(-step)
	default:
		return false
	}
	return true
}

// isOpen tells whether it is shown, or would be if there were room.
func (p *Preview) isOpen() bool { return p.open || !p.chosen && p.w >= wide }

// Cramped tells whether it is open and not shown for want of room.
func (p *Preview) Cramped() bool { return p.isOpen() && (p.h < leastHeight || p.w < 20) }

func (p *Preview) scroll(by int) { p.top = min(max(p.top+by, 0), p.hidden()) }
