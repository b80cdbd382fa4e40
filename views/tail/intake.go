package tail

import (
	"context"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
)

// source is a live subscription; *topics.Tail is one.
type source interface {
	Next(ctx context.Context) (*topics.Message, error)
	Counts() (received, bytes, dropped uint64)
	Close() error
}

var _ source = (*topics.Tail)(nil)

const (
	// waiting is how many messages wait for the screen, waitingBytes how many bytes of them.
	// When there are more the tail below holds them, and drops and counts what it cannot.
	waiting      = 2048
	waitingBytes = 16 << 20
)

// event is something that came: the subscription, a message, or why there is none. The
// zero event only wakes the screen up.
type event struct {
	source  source
	message *topics.Message
	err     error
}

// intake takes messages from a subscription into the screen's feed.
type intake struct {
	feed  *tui.Feed[event]
	n     atomic.Int64
	bytes atomic.Int64
	room  chan struct{} // holds a token when the screen has taken some
}

func newIntake() *intake {
	return &intake{feed: tui.NewFeed[event](waiting + 100), room: make(chan struct{}, 1)}
}

// run subscribes and takes messages until ctx ends; it closes the subscription itself.
func (in *intake) run(ctx context.Context, follow func(context.Context) (source, error)) tea.Msg {
	src, err := follow(ctx)
	if err != nil {
		in.feed.Push(event{err: err})
		return nil
	}
	defer func() { _ = src.Close() }() // nobody is left to be told
	in.feed.Push(event{source: src})
	for in.wait(ctx) {
		m, err := src.Next(ctx)
		if err != nil {
			in.feed.Push(event{err: err})
			return nil
		}
		in.n.Add(1)
		in.bytes.Add(int64(len(m.Raw)))
		in.feed.Push(event{message: m})
	}
	return nil
}

// wait waits until the screen has room; false when ctx ended.
func (in *intake) wait(ctx context.Context) bool {
	for in.n.Load() >= waiting || in.bytes.Load() >= waitingBytes {
		select {
		case <-ctx.Done():
			return false
		case <-in.room:
		}
	}
	return ctx.Err() == nil
}

// took says that the screen has taken a message.
func (in *intake) took(m *topics.Message) {
	in.n.Add(-1)
	in.bytes.Add(-int64(len(m.Raw)))
}

// again lets the intake go on.
func (in *intake) again() {
	select {
	case in.room <- struct{}{}:
	default:
	}
}
