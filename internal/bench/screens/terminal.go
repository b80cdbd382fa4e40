package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/creack/pty"

	"github.com/microtop/microtop/tui"
)

const (
	columns, lines = 200, 50
	// patience is how long something may take to be shown.
	patience = 20 * time.Second
)

// terminal is a pseudo terminal with screens on it. It looks at the bytes as they are written, and draws nothing.
type terminal struct {
	control, screen *os.File // its two ends
	loops           sync.WaitGroup
	stop            context.CancelFunc
	err             error // the screens' end, after loops

	mu      sync.Mutex // guards what follows
	written int64
	wanted  []byte // what is waited for; nil for nothing
	tail    []byte // the end of what was written since, as long as wanted less one
	seen    chan time.Time
}

// open runs screens until close is called.
func open(ctx context.Context, cfg tui.Config) (*terminal, error) {
	control, screen, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	if err := pty.Setsize(control, &pty.Winsize{Cols: columns, Rows: lines}); err != nil {
		return nil, errors.Join(err, control.Close(), screen.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	t := &terminal{control: control, screen: screen, stop: cancel, seen: make(chan time.Time, 1)}
	cfg.Name, cfg.Input, cfg.Output = "bench", screen, screen
	t.loops.Go(func() {
		t.err = tui.Run(ctx, cfg)
		_ = screen.Close() // ends watch
	})
	t.loops.Go(t.watch)
	return t, nil
}

// close ends the screens and waits for them.
func (t *terminal) close() error {
	t.stop()
	t.loops.Wait()
	return errors.Join(t.err, t.control.Close())
}

// watch reads what is written until the screens have ended.
func (t *terminal) watch() {
	buffer := make([]byte, 64<<10)
	for {
		n, err := t.control.Read(buffer)
		t.look(buffer[:n], time.Now())
		if err != nil { // EIO: the other end is closed
			return
		}
	}
}

func (t *terminal) look(chunk []byte, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written += int64(len(chunk))
	if t.wanted == nil {
		return
	}
	t.tail = append(t.tail, chunk...)
	if bytes.Contains(t.tail, t.wanted) {
		t.wanted, t.tail = nil, nil
		t.seen <- now
		return
	}
	if over := len(t.tail) - len(t.wanted) + 1; over > 0 {
		t.tail = append(t.tail[:0], t.tail[over:]...)
	}
}

// bytes is how many were written so far.
func (t *terminal) bytes() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

// after does something and returns how long it took from its begin until a text was written.
func (t *terminal) after(text string, do func() error) (time.Duration, error) {
	t.mu.Lock()
	t.wanted, t.tail = []byte(text), nil
	t.mu.Unlock()
	begin := time.Now()
	if err := do(); err != nil {
		return 0, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case at := <-t.seen:
		return at.Sub(begin), nil
	case <-timer.C:
		return 0, fmt.Errorf("%q is not shown within %s", text, patience)
	}
}

// press presses keys.
func (t *terminal) press(keys string) error {
	_, err := t.control.WriteString(keys)
	return err
}

// letter is the nth of some hundred letters that nothing else on a screen has.
func letter(n int) string { return string(rune(0x0400 + n%0x130)) }
