package demo

import (
	"context"
	"io"
	"os"
	"time"
)

const (
	// orphanGrace is how long a node without parent may take to leave in good order.
	orphanGrace = 1500 * time.Millisecond
	// orphanLook is how often a node whose lifeline ended looks whether it has lost its parent: a parent that only
	// stops its nodes gives them more time.
	orphanLook = 20 * time.Millisecond
	// orphanDoubt is how long it looks before it takes the parent for alive.
	orphanDoubt = time.Second
)

// lifeline is what ties a node to the process that started it: a pipe that ends when that process does.
type lifeline struct {
	parent int           // process id
	cut    chan struct{} // closed at the pipe's end
}

// hold watches a pipe from the process with the id parent. Its goroutine ends with the pipe.
func hold(pipe io.Reader, parent int) *lifeline {
	l := &lifeline{parent: parent, cut: make(chan struct{})}
	go func() {
		defer close(l.cut)
		_, _ = io.Copy(io.Discard, pipe) // an error is an end too
	}()
	return l
}

// orphaned says whether the parent is gone.
func (l *lifeline) orphaned() bool { return os.Getppid() != l.parent }

// ended says whether the pipe has come to its end.
func (l *lifeline) ended() bool {
	select {
	case <-l.cut:
		return true
	default:
		return false
	}
}

// lost says whether the parent is gone, which a pipe's end shows a moment before the process table does. Ending ctx
// says that the parent is not: it has told the node to stop.
func (l *lifeline) lost(ctx context.Context) bool {
	if !l.ended() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, orphanDoubt)
	defer cancel()
	for !l.orphaned() {
		if pause(ctx, orphanLook) != nil {
			return false
		}
	}
	return true
}

// overdue calls leave when the pipe ends, and says true when the parent has been gone for orphanGrace after that. It
// says false when ctx ends first.
func (l *lifeline) overdue(ctx context.Context, leave func()) bool {
	select {
	case <-ctx.Done():
		return false
	case <-l.cut:
	}
	leave()
	for !l.orphaned() {
		if pause(ctx, orphanLook) != nil {
			return false
		}
	}
	return pause(ctx, orphanGrace) == nil
}
