package tui_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
)

// next takes a feed's next batch, and how long it took.
func next(t *testing.T, f *tui.Feed[int]) (tui.Batch[int], time.Duration) {
	t.Helper()
	start := time.Now()
	b, ok := f.Next(t.Context())().(tui.Batch[int])
	if !ok {
		t.Fatal("no batch")
	}
	return b, time.Since(start)
}

func TestFeedDeliversTheFirstAtOnceAndTheRestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := tui.NewFeed[int](10)
		f.Push(1)
		if b, took := next(t, f); !slices.Equal(b.Items, []int{1}) || took != 0 || b.From != f {
			t.Errorf("first: %v after %v", b.Items, took)
		}
		go func() {
			for i := 2; i <= 4; i++ {
				time.Sleep(10 * time.Millisecond)
				f.Push(i)
			}
		}()
		if b, took := next(t, f); !slices.Equal(b.Items, []int{2, 3, 4}) || took != 50*time.Millisecond {
			t.Errorf("then: %v after %v", b.Items, took)
		}
		time.Sleep(time.Second)
		f.Push(5)
		if b, took := next(t, f); !slices.Equal(b.Items, []int{5}) || took != 0 {
			t.Errorf("after quiet: %v after %v", b.Items, took)
		}
	})
}

func TestFeedDropsTheOldestAndCounts(t *testing.T) {
	f := tui.NewFeed[int](3)
	for i := range 10 {
		f.Push(i)
	}
	if b, _ := next(t, f); !slices.Equal(b.Items, []int{7, 8, 9}) || b.Dropped != 7 {
		t.Errorf("%v, %d dropped", b.Items, b.Dropped)
	}
}

func TestFeedEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := tui.NewFeed[int](3)
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan tea.Msg)
		go func() { got <- f.Next(ctx)() }()
		synctest.Wait()
		cancel()
		if msg := <-got; msg != nil {
			t.Errorf("got %v", msg)
		}
	})
}

func TestFeedLosesNothingUnderConcurrency(t *testing.T) {
	f := tui.NewFeed[int](100)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 1000 {
				f.Push(i)
			}
		})
	}
	wg.Wait()
	b, _ := next(t, f)
	if n := len(b.Items) + int(b.Dropped); n != 4000 {
		t.Errorf("%d events accounted for, want 4000", n)
	}
}
