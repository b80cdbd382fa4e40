package tui

import (
	"sync"
	"time"

	"github.com/microtop/microtop/tui/safetext"
)

const (
	// maxEntries and maxJournal bound a journal: how many entries it keeps, and of how many bytes.
	maxEntries = 1000
	maxJournal = 4 << 20
	// maxCommand is the longest command line that is kept, in bytes. A part of one would be another one.
	maxCommand = 64 << 10
)

// Entry is a line of a [Journal]: what was done or said, and how it went.
type Entry struct {
	Time  time.Time
	Level Level
	Text  safetext.Line
	// Command does the same from a shell; "" where nothing does. It is not cleaned.
	Command string
}

func (e Entry) size() int { return len(e.Text.String()) + len(e.Command) }

// Journal is what the console did and said, the newest up to a bound. Make it with
// [NewJournal]. Safe for concurrent use.
type Journal struct {
	redact func(string) string

	mu      sync.Mutex
	entries []Entry
	bytes   int
	dropped uint64
	added   chan struct{} // closed when the next entry comes
}

// NewJournal returns an empty journal. redact, unless nil, takes secrets out of all
// that is kept.
func NewJournal(redact func(string) string) *Journal {
	if redact == nil {
		redact = func(text string) string { return text }
	}
	return &Journal{redact: redact, added: make(chan struct{})}
}

// Add keeps an entry; the oldest go where there are too many.
func (j *Journal) Add(e Entry) {
	e.Text = safetext.Clean(j.redact(e.Text.String()))
	if len(e.Command) > maxCommand {
		e.Command = ""
	}
	e.Command = j.redact(e.Command)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, e)
	j.bytes += e.size()
	gone := 0
	for len(j.entries)-gone > maxEntries || j.bytes > maxJournal {
		j.bytes -= j.entries[gone].size()
		gone++
	}
	clear(j.entries[:gone])
	j.entries = j.entries[gone:]
	j.dropped += uint64(gone)
	close(j.added)
	j.added = make(chan struct{})
}

// Entries returns a copy of what is kept, the oldest first, and how many older ones
// are gone.
func (j *Journal) Entries() ([]Entry, uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Entry(nil), j.entries...), j.dropped
}

// Since returns how many entries there were so far, gone ones too, and a channel that is
// closed when there are more.
func (j *Journal) Since() (uint64, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.dropped + uint64(len(j.entries)), j.added
}
