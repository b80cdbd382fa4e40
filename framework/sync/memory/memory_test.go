package memory_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/sync"
	"github.com/microtop/microtop/framework/sync/locktest"
	"github.com/microtop/microtop/framework/sync/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	locktest.Run(t, func(_ *testing.T, opts ...sync.Option) sync.Sync { return memory.NewSync(opts...) }, locktest.Caps{InProcess: true})
}

func TestTTLAndWaitToTheMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.NewSync()
		start := time.Now()
		must(t, s.Lock("a", sync.LockTTL(time.Second)))
		if err := s.Lock("a", sync.LockWait(time.Second-1)); !errors.Is(err, sync.ErrLockTimeout) || time.Since(start) != time.Second-1 {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		must(t, s.Lock("a"))
		if time.Since(start) != time.Second {
			t.Errorf("had after %v, want the end of the TTL", time.Since(start))
		}
	})
}

// The first in the line waits for the end of the holder it sees; the second must wake for its own.
func TestALineOfTTLs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.NewSync()
		start := time.Now()
		must(t, s.Lock("a", sync.LockTTL(time.Second)))
		had := make(chan time.Duration, 4)
		for i := range cap(had) {
			go func() {
				if i == 1 { // this one gives up in between
					if err := s.Lock("a", sync.LockWait(1500*time.Millisecond)); !errors.Is(err, sync.ErrLockTimeout) {
						t.Errorf("Lock = %v", err)
					}
				} else if err := s.Lock("a", sync.LockTTL(time.Second)); err != nil {
					t.Errorf("Lock = %v", err)
				}
				had <- time.Since(start)
			}()
			synctest.Wait()
		}
		for i, want := range []time.Duration{1000, 1500, 2000, 3000} {
			if got := <-had; got != want*time.Millisecond {
				t.Errorf("number %d came after %v, want %v", i, got, want*time.Millisecond)
			}
		}
	})
}

func TestLocksThatEndedAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.NewSync()
		for i := range 10_000 {
			must(t, s.Lock(fmt.Sprint(i), sync.LockTTL(time.Second)))
			time.Sleep(time.Millisecond)
		}
		if n := memory.Locks(s); n > 3000 {
			t.Errorf("%d locks kept, about 1,000 are held", n)
		}
		must(t, s.Lock("last"))
		must(t, s.Unlock("last"))
	})
}

func TestPrefixes(t *testing.T) {
	s := memory.NewSync(sync.Prefix("p/"))
	must(t, s.Lock("a"))
	must(t, s.Init(sync.Prefix("")))
	if err := s.Lock("p/a", sync.LockWait(-1)); !errors.Is(err, sync.ErrLockTimeout) {
		t.Errorf("Lock = %v", err)
	}
}

// A leader of before a change of the prefix resigns what it has, and nobody else's leadership.
func TestALeaderResignsWhatItHas(t *testing.T) {
	s := memory.NewSync(sync.Prefix("p/"))
	before, err := s.Leader("a")
	must(t, err)
	must(t, s.Init(sync.Prefix("")))
	other, err := s.Leader("a")
	must(t, err)
	must(t, before.Resign())
	must(t, s.Init(sync.Prefix("p/")))
	again := make(chan error, 1)
	go func() {
		_, err := s.Leader("a")
		again <- err
	}()
	select {
	case err := <-again:
		must(t, err)
	case <-time.After(5 * time.Second):
		t.Fatal("the leadership that ended is not free")
	}
	select {
	case <-other.Status():
		t.Error("another's leadership ended")
	default:
	}
}

func Example() {
	s := memory.NewSync()
	if err := s.Lock("nightly report", sync.LockTTL(time.Minute), sync.LockWait(time.Second)); err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Unlock("nightly report") }()
	fmt.Println("working")

	err := s.Lock("nightly report", sync.LockWait(time.Millisecond))
	fmt.Println(err)
	// Output:
	// working
	// sync memory: lock nightly report: lock timeout
}

func BenchmarkLock(b *testing.B) {
	s := memory.NewSync()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Lock("a"); err != nil {
			b.Fatal(err)
		}
		_ = s.Unlock("a")
	}
}

func TestR21_HistoriesAreLinearizable(t *testing.T) {
	if !locktest.Linearizable(t, memory.NewSync()) {
		t.Error("no order of the operations explains what the clients were told")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
