package lifecycle_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/internal/lifecycle"
)

// run takes a second to start and a second to stop.
type run struct {
	fail        error
	interrupted atomic.Bool
	live        *atomic.Int64 // how many runs there are at once
}

func (r *run) Start() error {
	time.Sleep(time.Second)
	if r.fail != nil {
		return r.fail
	}
	r.live.Add(1)
	return nil
}

func (r *run) Interrupt()        { r.interrupted.Store(true) }
func (r *run) Interrupted() bool { return r.interrupted.Load() }

func (r *run) Stop() error {
	time.Sleep(time.Second)
	r.live.Add(-1)
	return errStop
}

var errStop = errors.New("stopped with an error")

func TestStartingAndStoppingFromEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lives lifecycle.Lives[*run]
		var live atomic.Int64
		makes := 0
		next := func() *run { makes++; return &run{live: &live} }
		if err := lives.Stop(); err != nil {
			t.Errorf("stopping what never started: %v", err)
		}
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				if err := lives.Start(next); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if _, ok := lives.Current(); makes != 1 || live.Load() != 1 || !ok {
			t.Errorf("%d runs were made, %d live", makes, live.Load())
		}
		for range 5 {
			group.Go(func() {
				if err := lives.Stop(); !errors.Is(err, errStop) {
					t.Errorf("stop: %v", err)
				}
			})
		}
		synctest.Wait()
		if err := lives.Start(next); err != nil { // begins after the stop
			t.Error(err)
		}
		group.Wait()
		if makes != 2 || live.Load() != 1 {
			t.Errorf("%d runs were made, %d live", makes, live.Load())
		}
		_ = lives.Stop() // its error is errStop
	})
}

func TestAFailedStartCanBeTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lives lifecycle.Lives[*run]
		var live atomic.Int64
		broken := errors.New("no port")
		if err := lives.Start(func() *run { return &run{fail: broken, live: &live} }); !errors.Is(err, broken) {
			t.Errorf("start: %v", err)
		}
		if err := lives.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := lives.Start(func() *run { return &run{live: &live} }); err != nil {
			t.Errorf("again: %v", err)
		}
		_ = lives.Stop() // its error is errStop
	})
}

func TestStoppingWhileItStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lives lifecycle.Lives[*run]
		var live atomic.Int64
		go func() { _ = lives.Start(func() *run { return &run{live: &live} }) }() // its run is stopped below
		synctest.Wait()
		if err := lives.Stop(); !errors.Is(err, errStop) {
			t.Errorf("stop: %v", err)
		}
		if _, ok := lives.Current(); ok || live.Load() != 0 {
			t.Error("it still runs")
		}
	})
}
