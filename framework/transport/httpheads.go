package transport

import (
	"sync/atomic"

	"github.com/microtop/microtop/framework/limits"
)

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
	serial uint64 // of the process's known heads
	text   string
	head   head
	list   []Field
}

// serials counts known heads.
var serials atomic.Uint64

// into puts the head's fields into f, unless they are there.
func (k *knownHead) into(f *Fields) head {
	f.Lines = linesOf(k.text)
	if f.Same = f.serial == k.serial; !f.Same {
		f.List, f.serial = append(f.List[:0], k.list...), k.serial
	}
	return k.head
}

// again returns the head of the last message and its size if the next one has the same. unread is what came of it.
func (hs *heads) again(unread []byte) (*knownHead, int) {
	if hs.last >= len(hs.known) {
		return nil, 0
	}
	k := &hs.known[hs.last]
	n := len(k.text)
	if len(unread) < n+len(headEnd) || string(unread[:n]) != k.text || string(unread[n:n+len(headEnd)]) != headEnd {
		return nil, 0
	}
	hs.misses = 0
	return k, n + len(headEnd)
}

const headEnd = "\r\n\r\n"

type parser func(text string, f *Fields, l limits.Limits, m *memo) (head, error)

// parse parses a head into f, with the strings of an equal one before if there is one.
func (hs *heads) parse(text []byte, f *Fields, l limits.Limits, parse parser) (head, error) {
	if len(text) > keptHeadSize || hs.misses > patienceHead {
		if h, ok := hs.memo.match(text, f); ok {
			return h, nil
		}
		hs.known, f.serial, f.Same = nil, 0, false
		h, err := parse(string(text), f, l, hs.memo.of(text))
		if err != nil {
			hs.memo = memo{} // as below
		}
		return h, err
	}
	next := (hs.last + 1) % keptHeads
	for _, at := range [...]int{hs.last, next} {
		if at < len(hs.known) && hs.known[at].text == string(text) {
			hs.last, hs.misses = at, 0
			return hs.known[at].into(f), nil
		}
	}
	f.serial, f.Same = 0, false
	own := string(text)
	h, err := parse(own, f, l, hs.memo.of(text))
	if err != nil {
		hs.memo = memo{} // half of it is of another head
		return h, err
	}
	hs.misses++
	if len(hs.known) < keptHeads {
		next = len(hs.known)
		hs.known = append(hs.known, knownHead{})
	}
	k := &hs.known[next]
	k.serial = serials.Add(1)
	f.serial = k.serial
	k.text, k.head, k.list = own, h, append(k.list[:0], f.List...)
	hs.last = next
	return h, nil
}
