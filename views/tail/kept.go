package tail

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui/safetext"
)

const (
	// keptMessages is how many messages are kept, keptBytes how many bytes of bodies.
	keptMessages = 10_000
	keptBytes    = 64 << 20
)

// record is one message that came, or a mark. A filter may read it while the screen lets go of it.
type record struct {
	number  uint64
	size    int
	message atomic.Pointer[topics.Message] // nil when it is no longer kept, and for a mark
	mark    safetext.Line
}

// kept are the newest records, oldest first.
type kept struct {
	records []*record
	bytes   int
	marks   int
	dropped uint64 // messages that had to go for newer ones
	next    uint64
}

// messages is how many of the records are messages.
func (k *kept) messages() int { return len(k.records) - k.marks }

func (k *kept) add(m *topics.Message) {
	r := &record{size: m.Size()}
	r.message.Store(m)
	k.push(r)
}

// rule adds a mark.
func (k *kept) rule(text safetext.Line) {
	k.marks++
	k.push(&record{mark: text})
}

func (k *kept) push(r *record) {
	k.next++
	r.number = k.next
	k.records = append(k.records, r)
	k.bytes += r.size
	for len(k.records) > keptMessages || k.bytes > keptBytes && len(k.records) > 1 {
		oldest := k.records[0]
		k.bytes -= oldest.size
		if oldest.mark.Empty() {
			k.dropped++
		} else {
			k.marks--
		}
		oldest.message.Store(nil)
		k.records[0] = nil
		k.records = k.records[1:]
	}
}

func (k *kept) clear() { k.records, k.bytes, k.marks, k.dropped = nil, 0, 0, 0 }

// after returns up to n records behind the one of that number.
func (k *kept) after(number uint64, n int) []*record {
	i, _ := slices.BinarySearchFunc(k.records, number+1, func(r *record, want uint64) int {
		switch {
		case r.number < want:
			return -1
		case r.number > want:
			return 1
		}
		return 0
	})
	return slices.Clone(k.records[i:min(i+n, len(k.records))])
}

// saved is a message as it is written to a file.
type saved struct {
	Time        time.Time         `json:"time"`
	Topic       string            `json:"topic"`
	Size        int               `json:"size"`
	Header      map[string]string `json:"header"`
	Body        json.RawMessage   `json:"body,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	BodyBase64  string            `json:"bodyBase64,omitempty"`
}

// write writes messages as NDJSON, one a line, as `microtop tail` prints them.
func write(w io.Writer, messages []*topics.Message) error {
	out := json.NewEncoder(w)
	for _, m := range messages {
		s := saved{Time: m.Time.UTC(), Topic: m.Topic, Size: len(m.Raw), Header: m.Header}
		if m.JSON != nil {
			s.Body = m.JSON
		} else {
			s.ContentType, s.BodyBase64 = m.ContentType, base64.StdEncoding.EncodeToString(m.Raw)
		}
		if err := out.Encode(s); err != nil {
			return fmt.Errorf("write the messages: %w", err)
		}
	}
	return nil
}
