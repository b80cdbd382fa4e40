package deadline_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/internal/deadline"
)

type key struct{}

func TestEndsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := deadline.New(context.WithValue(t.Context(), key{}, 1), time.Now().Add(time.Second))
		defer c.End()
		if c.Err() != nil || c.Value(key{}) != 1 {
			t.Fatal("not a live context with its parent's values")
		}
		time.Sleep(2 * time.Second)
		if !errors.Is(c.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(c), context.DeadlineExceeded) {
			t.Errorf("nobody waited: %v, because of %v", c.Err(), context.Cause(c))
		}
		<-c.Done()
		if !errors.Is(c.Err(), context.DeadlineExceeded) {
			t.Errorf("somebody waited: %v", c.Err())
		}
	})
}

func TestEndsWithParentAndByEnd(t *testing.T) {
	for name, end := range map[string]func(cancel func(), c *deadline.Context){
		"parent": func(cancel func(), _ *deadline.Context) { cancel() },
		"End":    func(_ func(), c *deadline.Context) { c.End() },
	} {
		for _, waiting := range []bool{false, true} {
			parent, cancel := context.WithCancel(t.Context())
			c := deadline.New(parent, time.Time{})
			if waiting {
				c.Done()
			}
			end(cancel, c)
			<-c.Done()
			if !errors.Is(c.Err(), context.Canceled) {
				t.Errorf("%s, waiting %v: %v", name, waiting, c.Err())
			}
			cancel()
			c.End()
		}
	}
}

func TestDerivedContextsEndForTheSameReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := deadline.New(t.Context(), time.Now().Add(time.Second))
		defer c.End()
		child, cancel := context.WithCancel(context.WithValue(c, key{}, 2))
		defer cancel()
		time.Sleep(2 * time.Second)
		<-child.Done()
		if !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Errorf("child: %v", child.Err())
		}
	})
}

func TestTheParentsEarlierDeadlineCounts(t *testing.T) {
	parent, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	want, _ := parent.Deadline()
	c := deadline.New(parent, want.Add(time.Hour))
	defer c.End()
	if got, ok := c.Deadline(); !ok || !got.Equal(want) {
		t.Errorf("deadline %v, want %v", got, want)
	}
}

func TestOnCancelWaitsForTheParentOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := deadline.New(deadline.New(parent, time.Now().Add(time.Second)), time.Time{})
		defer c.End()
		called := false
		stop := deadline.OnCancel(c, func() { called = true })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if called {
			t.Error("called at the deadline")
		}
		cancel()
		synctest.Wait()
		if !called || stop() {
			t.Errorf("called %v after the parent was cancelled", called)
		}
	})
}
