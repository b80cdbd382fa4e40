package tui

import (
	"slices"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/input"
	"github.com/microtop/microtop/tui/safetext"
)

// picker is a list to choose from: menu, palette, help and log.
type picker struct {
	title  safetext.Line
	items  []Item
	empty  safetext.Line // said when nothing is left
	search bool          // typing narrows the list; else item keys pick
	input  input.Line
	shown  []int // indexes of items, the best first
	at     int   // in shown
	top    int   // first row drawn
}

func newPicker(title safetext.Line, items []Item, empty safetext.Line) *picker {
	p := &picker{title: title, items: items, empty: empty, search: true}
	p.narrow()
	return p
}

func newMenu(m Menu) *picker {
	p := newPicker(m.Title, m.Items, safetext.Literal("nothing to choose"))
	p.search = false
	return p
}

func (p *picker) update(s *Shell, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		if msg.Button == tea.MouseWheelUp {
			p.move(-3)
		} else {
			p.move(3)
		}
		return nil
	case tea.KeyPressMsg:
		if cmd, ok := p.key(s, msg); ok {
			return cmd
		}
	}
	if p.search && p.input.Update(msg) {
		p.narrow()
	}
	return nil
}

func (p *picker) key(s *Shell, k tea.KeyPressMsg) (tea.Cmd, bool) {
	name := k.String()
	if !p.search {
		for _, it := range p.items {
			if it.Key == name {
				return s.dismiss(it.Run), true
			}
		}
	}
	switch name {
	case "up", "ctrl+p", "shift+tab":
		p.move(-1)
	case "down", "ctrl+n", "tab":
		p.move(1)
	case "pgup":
		p.move(-10)
	case "pgdown":
		p.move(10)
	case "enter":
		if len(p.shown) == 0 {
			return nil, true
		}
		return s.dismiss(p.items[p.shown[p.at]].Run), true
	case "j", "k", "q", "?":
		if p.search {
			return nil, false
		}
		switch name {
		case "j":
			p.move(1)
		case "k":
			p.move(-1)
		default:
			return s.dismiss(nil), true
		}
	default:
		return nil, false
	}
	return nil, true
}

func (p *picker) move(n int) { p.at = max(min(p.at+n, len(p.shown)-1), 0) }

// narrow keeps the items that match what was typed.
func (p *picker) narrow() {
	query := strings.TrimSpace(p.input.Text())
	scores := make([]int, len(p.items))
	p.shown, p.at, p.top = p.shown[:0], 0, 0
	for i, it := range p.items {
		score, ok := fuzzy(query, it.Key+" "+it.Label.String()+" "+it.Detail.String())
		if scores[i] = score; ok {
			p.shown = append(p.shown, i)
		}
	}
	slices.SortStableFunc(p.shown, func(a, b int) int { return scores[b] - scores[a] })
}

// fuzzy tells whether the letters of query come in text in this order, and how well:
// together and at the beginning of words is better.
func fuzzy(query, text string) (score int, ok bool) {
	rest := []rune(strings.ToLower(query))
	prev, run := ' ', 0
	for _, r := range strings.ToLower(text) {
		if len(rest) == 0 {
			break
		}
		if r == rest[0] {
			rest = rest[1:]
			run++
			score += run
			if !unicode.IsLetter(prev) && !unicode.IsDigit(prev) {
				score += 5
			}
		} else {
			run = 0
		}
		prev = r
	}
	if strings.Contains(strings.ToLower(text), strings.ToLower(query)) {
		score += 100
	}
	return score, len(rest) == 0
}

func (p *picker) draw(s *Shell, w, h int) box {
	keys, labels := 0, p.title.Width()
	for _, it := range p.items {
		keys = max(keys, safetext.Clean(it.Key).Width())
		labels = max(labels, it.Label.Width()+it.Detail.Width()+2)
	}
	inner := max(min(keys+labels+5, w-4, 100), min(36, w-4), 0)
	var rows []string
	b := box{w: inner + 2}
	if p.search {
		text, x := p.input.View(max(inner-4, 1))
		rows = append(rows, " "+s.theme.Accent.Render(">")+" "+s.theme.Text.Render(text.String()))
		b.cursor = &tea.Position{X: 4 + x, Y: 1}
	}
	room := max(h-2-len(rows), 0)
	if len(p.shown) == 0 && room > 0 {
		rows = append(rows, "   "+s.theme.Dim.Render(p.none().Cut(inner-4).String()))
	}
	p.top = max(min(p.top, p.at), p.at-room+1)
	for i := p.top; i < min(len(p.shown), p.top+room); i++ {
		rows = append(rows, p.row(s, p.items[p.shown[i]], keys, inner, i == p.at))
	}
	b.lines = s.frame(p.title, s.theme.Focus, inner, rows[:min(len(rows), max(h-2, 0))])
	return b
}

func (p *picker) none() safetext.Line {
	if p.input.Text() == "" {
		return p.empty
	}
	return safetext.Format("nothing like %q", p.input.Text())
}

func (p *picker) row(s *Shell, it Item, keys, inner int, selected bool) string {
	key := safetext.Clean(it.Key).Pad(keys)
	sep := ""
	if keys > 0 {
		sep = "  "
	}
	label := it.Label.Cut(inner - 2 - keys - len(sep))
	detail := it.Detail.Cut(inner - 4 - keys - len(sep) - label.Width())
	if selected {
		row := safetext.Join("", safetext.Clean(s.theme.Glyphs.Cursor+" "), key, safetext.Clean(sep), label, safetext.Literal("  "), detail)
		return s.theme.Active.Render(row.Fit(inner).String())
	}
	return "  " + s.theme.Key.Render(key.String()) + sep + s.theme.Text.Render(label.String()) + "  " + s.theme.Dim.Render(detail.String())
}
