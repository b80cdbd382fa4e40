package transport

import "github.com/microtop/microtop/framework/limits"

const (
	keptHeads    = 4   // how many heads are kept
	keptHeadSize = 512 // the longest that is kept, in bytes
	patienceHead = 64  // how many unknown heads in a row it takes to keep none any more
)

// heads remembers the last heads of a connection, since most calls on it differ in their bodies only: a head that came
// before costs a comparison. Any difference is another head.
type heads struct {
	known  []knownHead
	last   int // of known, that came or was added last
	misses int // in a row
	memo   memo
}

type knownHead struct {
	text string
	head head
	list []Field
}

type parser func(text string, f *Fields, l limits.Limits, m *memo) (head, error)

// parse parses a head into f, with the strings of an equal one before if there is one.
func (hs *heads) parse(text []byte, f *Fields, l limits.Limits, parse parser) (head, error) {
	if len(text) > keptHeadSize || hs.misses > patienceHead {
		hs.known = nil
		return parse(string(text), f, l, hs.memo.of(text))
	}
	next := (hs.last + 1) % keptHeads
	for _, at := range [...]int{hs.last, next} {
		if at < len(hs.known) && hs.known[at].text == string(text) {
			hs.last, hs.misses = at, 0
			k := &hs.known[at]
			f.List, f.Lines = append(f.List[:0], k.list...), linesOf(k.text)
			return k.head, nil
		}
	}
	own := string(text)
	h, err := parse(own, f, l, hs.memo.of(text))
	if err != nil {
		return h, err
	}
	hs.misses++
	if len(hs.known) < keptHeads {
		next = len(hs.known)
		hs.known = append(hs.known, knownHead{})
	}
	k := &hs.known[next]
	k.text, k.head, k.list = own, h, append(k.list[:0], f.List...)
	hs.last = next
	return h, nil
}
