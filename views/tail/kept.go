package tail

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

const (
	// keptMessages is how many messages are kept, keptBytes how many bytes of bodies.
	keptMessages = 10_000
	keptBytes    = 64 << 20
)

// record is one message that came. A filter may read it while the screen lets go of it.
type record struct {
	number  uint64
	size    int
	message atomic.Pointer[topics.Message] // nil when it is no longer kept
}

// kept are the newest records, oldest first.
type kept struct {
	records []*record
	bytes   int
	next    uint64
}

func (k *kept) add(m *topics.Message) *record {
	k.next++
	r := &record{number: k.next, size: len(m.Raw) + len(m.JSON)}
	r.message.Store(m)
	k.records = append(k.records, r)
	k.bytes += r.size
	for len(k.records) > keptMessages || k.bytes > keptBytes && len(k.records) > 1 {
		oldest := k.records[0]
		k.bytes -= oldest.size
		oldest.message.Store(nil)
		k.records[0] = nil
		k.records = k.records[1:]
	}
	return r
}

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

// line draws a message as one line.
func line(r *record, m *topics.Message, pad int) pager.Line {
	h := fnv.New32a()
	_, _ = h.Write([]byte(m.Topic)) // never fails
	return pager.Line{
		Stamp:  safetext.Clean(m.Time.Local().Format("15:04:05.000")),
		Prefix: safetext.Clean(m.Topic).Cut(30).Pad(pad),
		Text:   safetext.Join("  ", safetext.Clean(show.Bytes(uint64(len(m.Raw)))).PadLeft(7), show.BodyLine(shown(m))),
		Series: int(h.Sum32()%6) + 1,
		Item:   r,
	}
}

// whole is a message with its headers.
func whole(m *topics.Message) (safetext.Block, pager.Syntax) {
	lines := []safetext.Line{
		safetext.Format("topic         %s", m.Topic),
		safetext.Format("time          %s", m.Time.Local().Format("2006-01-02 15:04:05.000000")),
		safetext.Format("size          %s", show.Bytes(uint64(len(m.Raw)))),
	}
	for _, key := range slices.Sorted(maps.Keys(m.Header)) {
		lines = append(lines, safetext.Join(" ", safetext.Clean(key).Pad(13), safetext.Clean(m.Header[key])))
	}
	body, syntax := show.Body(shown(m))
	return safetext.BlockOf(append(append(lines, safetext.Line{}), body.Lines()...)...), syntax
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

// write writes messages as NDJSON, like `microtop tail`.
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
