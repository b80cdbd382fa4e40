package termshot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// The picture's measures, in SVG units. A cell of 14-unit monospace text is 8.4 wide.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	baseline   = 13.5
	fontSize   = 14
	padding    = 14.0
	titleBar   = 34.0
)

const fonts = "'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,'Noto Sans Mono CJK SC',monospace"

// The colours of the window; ink and paper are the terminal's defaults.
const (
	ink   = "#d8dee9"
	paper = "#14171c"
	bar   = "#1f242c"
	edge  = "#343b46"
	dim   = "#8b95a5"
)

// basic are the sixteen colours a program names by number and a terminal chooses.
var basic = [16]string{
	"#2b303b", "#e06c75", "#8fc379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
	"#5c6370", "#ff7b86", "#a9dc93", "#f2d08f", "#7cc1ff", "#d79bf0", "#74d0dc", "#ffffff",
}

// look is what a run of cells has in common.
type look struct {
	ink, paper              string
	bold, italic, faint     bool
	underline, strike, wide bool
}

// run is a stretch of cells of one look in one row.
type run struct {
	look
	column, width int
	text          string
}

// SVG draws the screen as it is now, in a window with the program's title. The same cells give the same bytes.
func (s *Session) SVG() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	width, height := s.emulator.Width(), s.emulator.Height()
	var out bytes.Buffer
	frame(&out, float64(width)*cellWidth, float64(height)*cellHeight, s.title)
	for y := range height {
		for _, r := range s.runs(y, width) {
			r.draw(&out, float64(y)*cellHeight)
		}
	}
	if at := s.emulator.CursorPosition(); s.cursor {
		fmt.Fprintf(&out, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\" fill-opacity=\"0.5\"/>\n",
			num(float64(at.X)*cellWidth), num(float64(at.Y)*cellHeight), num(cellWidth), num(cellHeight), ink)
	}
	out.WriteString("</g>\n</svg>\n")
	return out.Bytes()
}

// frame opens the picture: the window, its title bar, and the group the cells go into.
func frame(out *bytes.Buffer, width, height float64, title string) {
	w, h := width+2*padding, height+titleBar+padding
	fmt.Fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %[1]s %[2]s\">\n", num(w), num(h))
	fmt.Fprintf(out, "<rect x=\"0.5\" y=\"0.5\" width=\"%s\" height=\"%s\" rx=\"9\" fill=\"%s\" stroke=\"%s\"/>\n", num(w-1), num(h-1), paper, edge)
	fmt.Fprintf(out, "<path d=\"M1 %s V9 a8 8 0 0 1 8 -8 H%s a8 8 0 0 1 8 8 V%[1]s z\" fill=\"%[3]s\"/>\n", num(titleBar-8), num(w-9), bar)
	for i, fill := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(out, "<circle cx=\"%d\" cy=\"13.5\" r=\"5\" fill=\"%s\"/>\n", 17+18*i, fill)
	}
	if title != "" {
		fmt.Fprintf(out, "<text x=\"%s\" y=\"18\" text-anchor=\"middle\" font-family=\"sans-serif\" font-size=\"12\" fill=\"%s\">%s</text>\n", num(w/2), dim, escape(title))
	}
	fmt.Fprintf(out, "<g transform=\"translate(%s %s)\" font-family=\"%s\" font-size=\"%d\" fill=\"%s\">\n", num(padding), num(titleBar), fonts, fontSize, ink)
}

// runs groups the cells of a row. A wide cell is a run of its own, so that a font's idea of its width moves nothing else.
func (s *Session) runs(y, width int) []run {
	var runs []run
	for x := 0; x < width; {
		cell := s.emulator.CellAt(x, y)
		if cell == nil {
			cell = &uv.EmptyCell
		}
		text, columns := cell.Content, max(cell.Width, 1)
		if text == "" {
			text = " "
		}
		l := lookOf(cell.Style)
		l.wide = columns > 1
		if last := len(runs) - 1; last >= 0 && runs[last].look == l && !l.wide {
			runs[last].text += text
			runs[last].width += columns
		} else {
			runs = append(runs, run{look: l, column: x, width: columns, text: text})
		}
		x += columns
	}
	return runs
}

func lookOf(style uv.Style) look {
	l := look{
		ink: hex(style.Fg, ink), paper: hex(style.Bg, paper),
		bold: style.Attrs&uv.AttrBold != 0, italic: style.Attrs&uv.AttrItalic != 0, faint: style.Attrs&uv.AttrFaint != 0,
		underline: style.Underline != uv.UnderlineNone, strike: style.Attrs&uv.AttrStrikethrough != 0,
	}
	if style.Attrs&uv.AttrReverse != 0 {
		l.ink, l.paper = l.paper, l.ink
	}
	if style.Attrs&uv.AttrConceal != 0 {
		l.ink = l.paper
	}
	return l
}

func (r run) draw(out *bytes.Buffer, top float64) {
	x, width := float64(r.column)*cellWidth, float64(r.width)*cellWidth
	if r.paper != paper {
		fmt.Fprintf(out, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"/>\n", num(x), num(top), num(width), num(cellHeight), r.paper)
	}
	if !r.underline && !r.strike {
		text := strings.TrimRight(r.text, " ")
		width -= float64(len(r.text)-len(text)) * cellWidth
		r.text = text
	}
	if r.text == "" {
		return
	}
	fmt.Fprintf(out, "<text x=\"%s\" y=\"%s\" textLength=\"%s\" lengthAdjust=\"spacingAndGlyphs\"", num(x), num(top+baseline), num(width))
	if r.ink != ink {
		fmt.Fprintf(out, " fill=\"%s\"", r.ink)
	}
	for _, attribute := range []struct {
		set  bool
		text string
	}{
		{r.bold, ` font-weight="bold"`}, {r.italic, ` font-style="italic"`}, {r.faint, ` fill-opacity="0.6"`},
		{r.underline && r.strike, ` text-decoration="underline line-through"`},
		{r.underline && !r.strike, ` text-decoration="underline"`}, {r.strike && !r.underline, ` text-decoration="line-through"`},
	} {
		if attribute.set {
			out.WriteString(attribute.text)
		}
	}
	fmt.Fprintf(out, ">%s</text>\n", escape(strings.ReplaceAll(r.text, " ", "\u00a0"))) // browsers join spaces, whatever xml:space says
}

// hex writes a colour as SVG takes it; fallback stands for the terminal's default.
func hex(c color.Color, fallback string) string {
	switch c := c.(type) {
	case nil:
		return fallback
	case ansi.BasicColor:
		if int(c) < len(basic) {
			return basic[c]
		}
	case ansi.IndexedColor:
		if int(c) < len(basic) {
			return basic[c]
		}
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// num writes a measure with at most two decimals.
func num(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

func escape(text string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(text)) // a buffer takes everything
	return out.String()
}
