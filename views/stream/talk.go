package stream

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/compose"
	"github.com/microtop/microtop/views/show"
)

// conn is an open stream; *invoke.Stream is one.
type conn interface {
	Kind() schema.Kind
	Send(body []byte) error
	Recv() ([]byte, error)
	CloseSend() error
	Close() error
}

var _ conn = (*invoke.Stream)(nil)

// state is how far a stream is.
type state int

const (
	idle state = iota
	opening
	open
	halfClosed
	ended
	broken
)

// String is the state in a word or two.
func (s state) String() string {
	return [...]string{"idle", "opening", "open", "half-closed", "ended", "failed"}[s]
}

// live tells whether there is something to cancel.
func (s state) live() bool { return s == opening || s == open || s == halfClosed }

const (
	// queued is how many received messages wait for the screen.
	queued = 2048
	// queuedBytes bounds their bodies; what comes then is cut to its beginning.
	queuedBytes = 32 << 20
	headBytes   = 1 << 10
)

// arrival is something that came from the peer: a message, or the end.
type arrival struct {
	talk int
	at   time.Time
	body []byte
	line safetext.Line // the body in one line, made beside the program
	end  bool
	err  error
}

type (
	// opened says that stream number talk is open, or why it is not.
	opened struct {
		talk  int
		conn  conn
		first []byte
		err   error
	}
	// done says how sending, or half-closing, went.
	done struct {
		talk int
		op   op
		err  error
	}
	// tick moves the clock of stream number talk.
	tick int
)

// op is something to do with the stream, one after the other: send a body, send a file line by line, or half-close.
type op struct {
	body  []byte
	file  string
	close bool
}

// talk is one stream from its opening to its end.
type talk struct {
	number int
	cancel context.CancelFunc
	conn   conn
	since  time.Time
	first  invoke.Request // what it was opened with
	queue  []op           // the first one is under way
	held   atomic.Int64
	lines  atomic.Int64 // of the file that is being sent
	sent   int
	// got and bytes are all messages that came and their bodies, whether or not they are shown. counting: they are not.
	got, bytes atomic.Int64
	counting   atomic.Bool
	dropped    uint64 // by the feed, before this talk
	cancelled  bool   // here, and not in the history yet
}

// start opens a stream; a first message goes with it.
func (s *screen) start() tea.Cmd {
	r := s.request
	r.Body = []byte(s.body.Text())
	ctx, cancel := context.WithCancel(s.scope.Context())
	t := &talk{number: s.nextTalk(), cancel: cancel, since: time.Now(), first: r, dropped: s.dropped}
	t.counting.Store(s.counting)
	s.talk, s.state = t, opening
	if s.log.Len() > 0 {
		s.log.mark(pager.Rule, safetext.Format("a new stream, %s", t.since.Format("15:04:05")))
	}
	dial := s.back.open
	return tea.Batch(s.clock(), s.scope.Cmd(func(context.Context) tea.Msg {
		c, err := dial(ctx, r)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = c.Close() }) // a Recv or Send that hangs comes back; how it closes is nobody's concern
		}
		return opened{t.number, c, r.Body, err}
	}))
}

func (s *screen) nextTalk() int {
	if s.talk == nil {
		return 1
	}
	return s.talk.number + 1
}

// onOpened begins to receive.
func (s *screen) onOpened(msg opened) tea.Cmd {
	t := s.talk
	if t == nil || msg.talk != t.number {
		return nil
	}
	if s.state != opening { // given up; closed by then
		return s.forget(t)
	}
	if msg.err != nil {
		t.cancel()
		s.fail(msg.err)
		return s.remember(t, msg.err)
	}
	t.conn, s.state = msg.conn, open
	if len(msg.first) > 0 || msg.conn.Kind() == schema.Server {
		s.note(t, sent, time.Now(), msg.first, show.BodyLine(msg.first))
	}
	return s.receive(t)
}

// receive pushes what comes into the feed until the stream ends.
func (s *screen) receive(t *talk) tea.Cmd {
	feed := s.feed
	return s.scope.Cmd(func(context.Context) tea.Msg {
		for {
			body, err := t.conn.Recv()
			if err != nil {
				feed.Push(arrival{talk: t.number, at: time.Now(), end: true, err: err})
				return nil
			}
			t.got.Add(1)
			t.bytes.Add(int64(len(body)))
			if t.counting.Load() {
				continue
			}
			if t.held.Add(int64(len(body))) > queuedBytes && len(body) > headBytes {
				body = append([]byte(nil), body[:headBytes]...)
			}
			feed.Push(arrival{talk: t.number, at: time.Now(), body: body})
		}
	})
}

// next waits for a batch. The lines to show are written here, beside the program: they take longer than all else, and what
// the feed dropped needs none.
func (s *screen) next() tea.Cmd {
	wait := s.feed.Next(s.scope.Context())
	return func() tea.Msg {
		msg := wait()
		if b, ok := msg.(tui.Batch[arrival]); ok {
			for i, a := range b.Items {
				if !a.end {
					b.Items[i].line = show.BodyLine(a.body)
				}
			}
		}
		return msg
	}
}

// onArrivals takes a batch from the feed.
func (s *screen) onArrivals(b tui.Batch[arrival]) tea.Cmd {
	s.dropped = b.Dropped
	var ended tea.Cmd
	for _, a := range b.Items {
		t := s.talk
		if t == nil || a.talk != t.number {
			continue
		}
		if !s.state.live() {
			if a.end {
				ended = s.forget(t)
			}
			continue
		}
		t.held.Store(0)
		if !a.end {
			s.note(t, received, a.at, a.body, a.line)
			continue
		}
		s.finish(a.err)
		ended = s.remember(t, a.err)
	}
	return tea.Batch(ended, s.next())
}

// note puts a message into the transcript.
func (s *screen) note(t *talk, d direction, at time.Time, body []byte, line safetext.Line) {
	arrow := s.pens.Glyphs.Down
	if d == sent {
		arrow = s.pens.Glyphs.Up
		t.sent++
	}
	s.log.add(&message{direction: d, at: at, offset: at.Sub(t.since), body: body}, arrow, line)
}

// forget remembers a stream that was cancelled here, once.
func (s *screen) forget(t *talk) tea.Cmd {
	if !t.cancelled {
		return nil
	}
	t.cancelled = false
	return s.remember(t, context.Canceled)
}

// Leave implements [tui.Leaver]: a stream that the screen's end cuts short is in the history and in the log too.
func (s *screen) Leave() tea.Cmd {
	if !s.Cancel() && (s.talk == nil || !s.talk.cancelled) {
		return nil
	}
	s.talk.cancelled = false
	return s.record(s.talk, context.Canceled)
}

// remember keeps a stream that ended in the history, and tells the log.
func (s *screen) remember(t *talk, err error) tea.Cmd {
	record := s.record(t, err)
	return s.scope.Cmd(func(context.Context) tea.Msg { return record() })
}

func (s *screen) record(t *talk, err error) tea.Cmd {
	keep := s.back.keep
	if errors.Is(err, io.EOF) {
		err = nil
	}
	r, sent, got, since, kind, connect := t.first, t.sent, int(t.got.Load()), t.since, schema.Bidi, s.back.flags
	if t.conn != nil {
		kind = t.conn.Kind()
	}
	return func() tea.Msg {
		out := history.Of(r, nil, err)
		out.Time, out.DurationMs = since.UTC(), float64(time.Since(since).Microseconds())/1000
		out.Stream, out.Sent, out.Received = true, sent, got
		did := tui.Do(compose.Did(out, err, kind, connect...))
		if keep == nil {
			return did()
		}
		if err := keep(out); err != nil {
			return tea.BatchMsg{did, tui.Say(tui.Warn, safetext.Format("not in the history: %s", err))}
		}
		return did()
	}
}

// finish ends the stream by what Recv said.
func (s *screen) finish(err error) {
	s.talk.cancel()
	if !errors.Is(err, io.EOF) {
		s.fail(err)
		return
	}
	s.state = ended
	s.log.mark(pager.Good, safetext.Format("%s the service ended the stream after %s", s.pens.Glyphs.Check, show.Duration(time.Since(s.talk.since))))
}

func (s *screen) fail(err error) {
	s.state = broken
	var wrong *schema.BodyError
	if errors.As(err, &wrong) {
		s.state = idle
		s.body.Refuse(wrong)
		return
	}
	for i, line := range safetext.CleanBlock(show.Failure(err)).Lines() {
		if i == 0 {
			line = safetext.Join(" ", safetext.Clean(s.pens.Glyphs.Cross), line)
		}
		s.log.mark(pager.Bad, line)
	}
}

// do queues an operation and starts it if none is under way: the order is kept.
func (s *screen) do(o op) tea.Cmd {
	s.talk.queue = append(s.talk.queue, o)
	if len(s.talk.queue) > 1 {
		return nil
	}
	return s.work(s.talk)
}

// work does the first operation of the queue.
func (s *screen) work(t *talk) tea.Cmd {
	o := t.queue[0]
	return s.scope.Cmd(func(context.Context) tea.Msg {
		switch {
		case o.close:
			return done{t.number, o, t.conn.CloseSend()}
		case o.file != "":
			return done{t.number, o, sendFile(t, o.file)}
		}
		return done{t.number, o, t.conn.Send(o.body)}
	})
}

func (s *screen) onDone(msg done) tea.Cmd {
	t := s.talk
	if t == nil || msg.talk != t.number || !s.state.live() {
		return nil
	}
	var wrong *schema.BodyError
	switch {
	case msg.op.file != "":
		s.fileSent(t, msg.op.file, msg.err)
	case errors.As(msg.err, &wrong):
		s.body.Refuse(wrong)
	case msg.err != nil:
		s.log.mark(pager.Bad, safetext.Format("%s not sent: %s", s.pens.Glyphs.Cross, show.Failure(msg.err)))
	case msg.op.close:
		s.state = halfClosed
		s.log.mark(pager.Rule, safetext.Literal("half-closed: nothing more is sent"))
	default:
		s.note(t, sent, time.Now(), msg.op.body, show.BodyLine(msg.op.body))
	}
	if t.queue = t.queue[1:]; len(t.queue) > 0 {
		return s.work(t)
	}
	return nil
}

// Cancel implements [tui.Busy].
func (s *screen) Cancel() bool {
	if !s.state.live() {
		return false
	}
	t := s.talk
	t.cancel()
	t.cancelled = true
	if s.state == opening {
		s.log.mark(pager.Warn, safetext.Literal("cancelled before it was open"))
	} else {
		s.log.mark(pager.Warn, safetext.Format("cancelled after %s", show.Duration(time.Since(t.since))))
	}
	s.state = ended
	return true
}
