package show

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"unicode/utf8"

	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
)

const (
	// Dumped is how much of a body that is no text is shown, in bytes.
	Dumped = 64 << 10
	// headed is how much of a body is looked at for one line of it, in bytes.
	headed = safetext.MaxLine + 4
)

// Body is a message in full: JSON indented, text as it is, anything else as a dump.
func Body(body []byte) (safetext.Block, pager.Syntax) {
	var out bytes.Buffer
	switch {
	case len(body) == 0:
		return safetext.CleanBlock("(an empty body)"), pager.Text
	case json.Indent(&out, body, "", "  ") == nil:
		return safetext.CleanBlock(string(safetext.JSON(out.Bytes()))), pager.JSON
	case utf8.Valid(body):
		return safetext.CleanBlock(string(body)), pager.Text
	}
	return safetext.CleanBlock(hex.Dump(body[:min(len(body), Dumped)])), pager.Text
}

// BodyLine is a message in one line.
func BodyLine(body []byte) safetext.Line {
	var out bytes.Buffer
	switch {
	case len(body) == 0:
		return safetext.Literal("(empty)")
	case len(body) <= headed && json.Compact(&out, body) == nil:
		return safetext.Clean(string(safetext.JSON(out.Bytes())))
	}
	head := body[:min(len(body), headed)]
	if utf8.Valid(body) || len(head) < len(body) && textual(head) {
		return safetext.Clean(string(head))
	}
	return safetext.Format("% x", head[:min(len(head), 256)])
}

// textual tells whether a beginning is text: valid but for a character cut at its end.
func textual(head []byte) bool {
	for range utf8.UTFMax {
		if utf8.Valid(head) {
			return true
		}
		head = head[:max(len(head)-1, 0)]
	}
	return false
}
