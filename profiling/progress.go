package profiling

import (
	"sync"
	"time"
)

// State is how far one node's capture is.
type State string

// The states, in order; a capture ends Done or Failed.
const (
	Waiting State = "waiting" // for its turn
	Running State = "running"
	Done    State = "done"
	Failed  State = "failed"
)

// Progress is the state of one node's capture.
type Progress struct {
	Index    int // in the targets given to [Capture]
	Target   Target
	State    State
	Elapsed  time.Duration // since it began running; stands still once it ends
	Duration time.Duration // to wait for; 0 for a picture of a moment
	Bytes    int64         // received
	Err      error         // when Failed
}

// tick is how often a running node is reported.
const tick = 250 * time.Millisecond

// board holds every node's state, and which of them the callback has not seen.
type board struct {
	report func(Progress)
	wake   chan struct{}

	mu      sync.Mutex
	nodes   []Progress
	started []time.Time
	dirty   []bool
}

func newBoard(targets []Target, o CaptureOptions) *board {
	b := &board{
		report:  o.Progress,
		wake:    make(chan struct{}, 1),
		nodes:   make([]Progress, len(targets)),
		started: make([]time.Time, len(targets)),
		dirty:   make([]bool, len(targets)),
	}
	for i, t := range targets {
		b.nodes[i] = Progress{Index: i, Target: t, State: Waiting, Duration: o.Duration}
		b.dirty[i] = true
	}
	return b
}

// watch starts reporting and gives the function that ends it: it reports what is
// left and waits.
func (b *board) watch() (stop func()) {
	if b.report == nil {
		return func() {}
	}
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		b.flush(false)
		for {
			select {
			case <-b.wake:
				b.flush(false)
			case <-ticker.C:
				b.flush(true)
			case <-quit:
				b.flush(false)
				return
			}
		}
	})
	return func() {
		close(quit)
		wg.Wait()
	}
}

// flush reports the nodes that changed, and on a tick those that run too.
func (b *board) flush(ticked bool) {
	for _, p := range b.changed(ticked) {
		b.report(p)
	}
}

func (b *board) changed(ticked bool) []Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Progress
	for i := range b.nodes {
		running := b.nodes[i].State == Running
		if running {
			b.nodes[i].Elapsed = time.Since(b.started[i])
		}
		if b.dirty[i] || ticked && running {
			b.dirty[i] = false
			out = append(out, b.nodes[i])
		}
	}
	return out
}

// boardNode is one node's place on the board.
type boardNode struct {
	board *board
	index int
}

func (b *board) node(i int) boardNode { return boardNode{b, i} }

func (n boardNode) set(change func(p *Progress)) {
	b := n.board
	b.mu.Lock()
	change(&b.nodes[n.index])
	b.dirty[n.index] = true
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (n boardNode) run(start time.Time) {
	n.set(func(p *Progress) {
		p.State = Running
		n.board.started[n.index] = start
	})
}

func (n boardNode) end(err error) {
	n.set(func(p *Progress) {
		if p.State == Running {
			p.Elapsed = time.Since(n.board.started[n.index])
		}
		p.State, p.Err = Done, err
		if err != nil {
			p.State = Failed
		}
	})
}

// counter counts received bytes, to be shown with the next tick.
type counter struct{ node boardNode }

func (c counter) Write(b []byte) (int, error) {
	c.node.board.mu.Lock()
	defer c.node.board.mu.Unlock()
	c.node.board.nodes[c.node.index].Bytes += int64(len(b))
	return len(b), nil
}
