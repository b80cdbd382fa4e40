package tail

import (
	"encoding/hex"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// look is how messages are drawn. It is immutable and safe for concurrent use.
type look struct {
	topics   []string
	pad      int // cells of the longest topic
	decoding topics.Decoding
}

func newLook(names []string) look {
	l := look{topics: names, decoding: topics.Guess}
	for _, name := range names {
		l.pad = max(l.pad, safetext.Clean(name).Cut(30).Width())
	}
	return l
}

// bodyOf is a message's body as it is shown, filtered and copied. The error says why it cannot be read so.
func bodyOf(m *topics.Message, as topics.Decoding) (topics.Body, error) {
	if as == topics.Guess && m.JSON != nil {
		return topics.Body{Text: m.JSON, JSON: true}, nil // it was read when it came
	}
	return m.Read(as)
}

// drawn is a record as one line; false when it is no longer kept.
func (l look) drawn(r *record) (pager.Line, bool) {
	m := r.message.Load()
	switch {
	case !r.mark.Empty():
		return pager.Line{Text: r.mark, Role: pager.Rule, Item: r}, true
	case m == nil:
		return pager.Line{}, false
	}
	parts := []safetext.Line{safetext.Clean(show.Bytes(uint64(len(m.Raw)))).PadLeft(7)}
	if h := headers(m); !h.Empty() {
		parts = append(parts, h)
	}
	return pager.Line{
		Stamp:  safetext.Clean(m.Time.Local().Format("15:04:05.000")),
		Prefix: l.prefix(m.Topic),
		Text:   safetext.Join("  ", append(parts, l.bodyLine(m))...),
		Series: l.series(m.Topic),
		Item:   r,
	}, true
}

// prefix is a message's topic, where there may be several.
func (l look) prefix(topic string) safetext.Line {
	if len(l.topics) == 1 && l.topics[0] == topic {
		return safetext.Line{}
	}
	return safetext.Clean(topic).Cut(30).Pad(l.pad)
}

func (l look) bodyLine(m *topics.Message) safetext.Line {
	b, err := bodyOf(m, l.decoding)
	switch {
	case err != nil:
		return safetext.Format("(%s)", err)
	case l.decoding == topics.Hex:
		return safetext.Format("% x", m.Raw[:min(len(m.Raw), 256)])
	case l.decoding == topics.Text:
		return safetext.Clean(string(b.Text[:min(len(b.Text), safetext.MaxLine+4)])) // as it is, JSON too
	}
	return show.BodyLine(b.Text)
}

// series is the colour of a topic: its place among those that are tailed.
func (l look) series(topic string) int {
	if i := slices.Index(l.topics, topic); i >= 0 {
		return i + 1
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(topic)) // never fails
	return int(h.Sum32()%6) + 1
}

// everyday are headers that every message has: they tell nothing in a line.
var everyday = []string{"Accept", "Accept-Encoding", "Connection", "Content-Length", "Content-Type", "Host", "Local", "Remote", "Timeout", "User-Agent"}

// userHeader says whether a header is one that somebody chose.
func userHeader(key string) bool {
	return !strings.HasPrefix(key, "Micro-") && !slices.Contains(everyday, key)
}

// headers are a message's own headers in short.
func headers(m *topics.Message) safetext.Line {
	var told []string
	for _, key := range show.SortedKeys(m.Header) {
		if userHeader(key) {
			told = append(told, key+"="+m.Header[key])
		}
	}
	if len(told) == 0 {
		return safetext.Line{}
	}
	return safetext.Clean(strings.Join(told, " ")).Cut(40)
}

// widestHeader is up to how many cells a header's name lines up the others' values.
const widestHeader = 24

// whole is a message with its headers.
func (l look) whole(m *topics.Message) (safetext.Block, pager.Syntax) {
	b, err := m.Read(l.decoding)
	at := 0
	for key := range m.Header {
		at = max(at, min(safetext.Clean(key).Width(), widestHeader))
	}
	var lines []safetext.Line
	field := func(name string, value safetext.Line) {
		lines = append(lines, safetext.Join("  ", safetext.Clean(name).Pad(max(at, len("read as"))), value))
	}
	field("topic", safetext.Clean(m.Topic))
	field("time", safetext.Clean(m.Time.Local().Format("2006-01-02 15:04:05.000000")))
	field("size", safetext.Clean(show.Bytes(uint64(len(m.Raw)))))
	for _, key := range show.SortedKeys(m.Header) {
		field(key, safetext.Clean(m.Header[key]))
	}
	field("read as", l.readAs(b, err))
	lines = append(lines, safetext.Line{})
	body, syntax := safetext.CleanBlock(string(b.Text)), pager.Text
	switch {
	case err != nil:
		body = safetext.BlockOf(safetext.Clean(err.Error()), safetext.Literal("b reads it in another way"))
	case l.decoding == topics.Hex:
		body = safetext.CleanBlock(hex.Dump(m.Raw[:min(len(m.Raw), show.Dumped)]))
	case b.JSON || b.As == topics.Hex:
		body, syntax = show.Body(b.Text)
	}
	return safetext.BlockOf(append(lines, body.Lines()...)...), syntax
}

// readAs says how a body was read.
func (l look) readAs(b topics.Body, err error) safetext.Line {
	how := string(b.As)
	if err != nil {
		how = "not " + string(l.decoding)
	}
	if b.Gzipped {
		how += ", unpacked from gzip"
	}
	if l.decoding == topics.Guess {
		how += " (a guess; b reads it in another way)"
	}
	return safetext.Clean(how)
}
