package stream

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

const (
	// keptLines is how many messages the transcript keeps.
	keptLines = 10_000
	// keptBytes is how many bytes of bodies it keeps; of older messages only the line stays.
	keptBytes = 64 << 20
	// keptBody is how much of one body is kept.
	keptBody = 1 << 20
)

// direction is which way a message went.
type direction string

const (
	sent     direction = "sent"
	received direction = "received"
)

// message is one message of a transcript.
type message struct {
	direction direction
	at        time.Time
	offset    time.Duration // since the stream was opened
	body      []byte        // nil when it is no longer kept
	size      int
}

// transcript keeps messages and the marks between them.
type transcript struct {
	*pager.Pager
	whole []*message // with their bodies, oldest first
	bytes int
}

// add shows a message, whose body in one line is line.
func (t *transcript) add(m *message, arrow string, line safetext.Line) {
	m.size = len(m.body)
	if len(m.body) > keptBody {
		m.body = append([]byte(nil), m.body[:keptBody]...)
	}
	role := pager.Received
	if m.direction == sent {
		role = pager.Sent
	}
	t.Append(pager.Line{Stamp: stamp(m.offset), Prefix: safetext.Clean(arrow), Text: line, Role: role, Item: m})
	t.whole = append(t.whole, m)
	t.bytes += len(m.body)
	for t.bytes > keptBytes || len(t.whole) > keptLines {
		oldest := t.whole[0]
		t.bytes -= len(oldest.body)
		oldest.body = nil
		t.whole[0] = nil
		t.whole = t.whole[1:]
	}
}

// mark puts a remark into the transcript.
func (t *transcript) mark(role pager.Role, text safetext.Line) {
	t.Append(pager.Line{Text: text, Role: role})
}

// selected is the message under the cursor, nil for a remark.
func (t *transcript) selected() *message {
	l, _, ok := t.Selected()
	if !ok {
		return nil
	}
	m, _ := l.Item.(*message)
	return m
}

// messages are those whose bodies are kept, as they are now.
func (t *transcript) messages() []message {
	out := make([]message, 0, len(t.whole))
	for _, m := range t.whole {
		out = append(out, *m)
	}
	return out
}

// stamp is a time since the beginning, always equally wide for an hour.
func stamp(d time.Duration) safetext.Line {
	d = max(d, 0)
	if d >= time.Hour {
		return safetext.Clean("+" + show.Age(d))
	}
	return safetext.Format("+%02d:%06.3f", int(d.Minutes()), (d % time.Minute).Seconds())
}

// record is a message as it is saved.
type record struct {
	Time      time.Time       `json:"time"`
	Direction direction       `json:"direction"`
	OffsetMs  float64         `json:"offsetMs"`
	Size      int             `json:"size"`
	Body      json.RawMessage `json:"body,omitempty"`
	Text      string          `json:"text,omitempty"` // a body that is no JSON, or was cut
}

// write writes messages as NDJSON.
func write(w io.Writer, messages []message) error {
	out := json.NewEncoder(w)
	for _, m := range messages {
		r := record{Time: m.at.UTC(), Direction: m.direction, OffsetMs: float64(m.offset) / float64(time.Millisecond), Size: m.size}
		if json.Valid(m.body) {
			r.Body = m.body
		} else {
			r.Text = string(m.body)
		}
		if err := out.Encode(r); err != nil {
			return fmt.Errorf("write the transcript: %w", err)
		}
	}
	return nil
}
