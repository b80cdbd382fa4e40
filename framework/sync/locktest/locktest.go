// Package locktest is the contract of sync.Sync as tests. Every implementation runs it with [Run].
package locktest

import (
	"context"
	"errors"
	"fmt"
	gosync "sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/sync"
)

// Caps says what an implementation can do beyond, or less than, the interface.
type Caps struct {
	Unit      time.Duration // the shortest TTL and wait the suite uses; zero is 20 ms
	InProcess bool          // all of it runs in this process: each rule gets a clock of its own (testing/synctest)
}

// suite is one run of one rule: a Sync of its own and an id that no other run uses.
type suite struct {
	*testing.T
	caps Caps
	open func(opts ...sync.Option) sync.Sync
	sync sync.Sync
	id   string
}

// Run holds what open returns against the contract, one rule a subtest. What open opens it closes itself (t.Cleanup). All
// may share servers: ids are never used twice.
func Run(t *testing.T, open func(t *testing.T, opts ...sync.Option) sync.Sync, caps Caps) {
	t.Helper()
	if caps.Unit == 0 {
		caps.Unit = 20 * time.Millisecond
	}
	rules := []struct {
		rule string
		hold func(*suite)
	}{
		{"a lock is held by one at a time", exclusive},
		{"locks of different ids have nothing to do with each other", apart},
		{"a lock that was unlocked can be had at once, and unlocking what nobody holds is no error", unlocked},
		{"a lock that does not come free within the wait gives ErrLockTimeout, and no lock", timeout},
		{"a negative wait does not wait", tryOnce},
		{"a lock ends after its TTL", ttl},
		{"a lock without TTL does not end", noTTL},
		{"a TTL counts from the moment the lock was had", ttlOfTheNext},
		{"the end of the options' context ends waiting", contextEnds},
		{"there is one leader of an id, and the next after it resigned", oneLeader},
		{"Status tells once of the end, and Resign may be called twice", resigned},
		{"a leader and a lock of one id have nothing to do with each other", leaderAndLock},
		{"Options tells what was set and String names the implementation", options},
	}
	for _, r := range rules {
		rule := func(t *testing.T) {
			s := &suite{T: t, caps: caps, id: "suite." + uuid.NewString()}
			s.open = func(opts ...sync.Option) sync.Sync { return open(t, opts...) }
			s.sync = s.open()
			r.hold(s)
		}
		t.Run(r.rule, func(t *testing.T) {
			if caps.InProcess {
				synctest.Test(t, rule)
				return
			}
			rule(t)
		})
	}
}

func (s *suite) lock(id string, opts ...sync.LockOption) {
	s.Helper()
	if err := s.sync.Lock(id, opts...); err != nil {
		s.Fatalf("Lock: %v", err)
	}
}

func (s *suite) unlock(id string) {
	s.Helper()
	if err := s.sync.Unlock(id); err != nil {
		s.Fatalf("Unlock: %v", err)
	}
}

func (s *suite) wantHeld(id string) {
	s.Helper()
	if err := s.sync.Lock(id, sync.LockWait(s.caps.Unit)); !errors.Is(err, sync.ErrLockTimeout) {
		s.Fatalf("Lock = %v, want %v", err, sync.ErrLockTimeout)
	}
}

func exclusive(s *suite) {
	inside, most := 0, 0
	var mu gosync.Mutex
	count := func(d int) {
		mu.Lock()
		defer mu.Unlock()
		inside += d
		most = max(most, inside)
	}
	var wg gosync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 10 {
				if err := s.sync.Lock(s.id); err != nil {
					s.Errorf("Lock: %v", err)
					return
				}
				count(1)
				time.Sleep(time.Microsecond)
				count(-1)
				if err := s.sync.Unlock(s.id); err != nil {
					s.Errorf("Unlock: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if most != 1 {
		s.Errorf("%d held the lock at once", most)
	}
}

func apart(s *suite) {
	s.lock(s.id)
	s.lock(s.id+"2", sync.LockWait(time.Second))
	s.unlock(s.id + "2")
	s.wantHeld(s.id)
	s.unlock(s.id)
}

func unlocked(s *suite) {
	s.unlock(s.id)
	for range 3 {
		s.lock(s.id, sync.LockWait(time.Second))
		s.unlock(s.id)
	}
	s.unlock(s.id)
	s.lock(s.id, sync.LockWait(time.Second))
	s.wantHeld(s.id)
	s.unlock(s.id)
}

func timeout(s *suite) {
	s.lock(s.id)
	start := time.Now()
	s.wantHeld(s.id)
	if waited := time.Since(start); waited < s.caps.Unit {
		s.Errorf("waited only %v of %v", waited, s.caps.Unit)
	}
	s.unlock(s.id)
	s.lock(s.id, sync.LockWait(time.Second)) // the one that gave up left nothing behind
	s.unlock(s.id)
}

func tryOnce(s *suite) {
	s.lock(s.id, sync.LockWait(-1))
	if err := s.sync.Lock(s.id, sync.LockWait(-1)); !errors.Is(err, sync.ErrLockTimeout) {
		s.Errorf("Lock = %v, want %v", err, sync.ErrLockTimeout)
	}
	s.unlock(s.id)
}

func ttl(s *suite) {
	s.lock(s.id, sync.LockTTL(10*s.caps.Unit))
	s.wantHeld(s.id)
	s.lock(s.id, sync.LockWait(time.Minute))
	s.unlock(s.id)
}

func noTTL(s *suite) {
	s.lock(s.id)
	time.Sleep(3 * s.caps.Unit)
	s.wantHeld(s.id)
	s.unlock(s.id)
}

func ttlOfTheNext(s *suite) {
	s.lock(s.id, sync.LockTTL(s.caps.Unit))
	time.Sleep(2 * s.caps.Unit)
	s.lock(s.id, sync.LockTTL(time.Minute))
	s.wantHeld(s.id)
	s.unlock(s.id)
}

func contextEnds(s *suite) {
	ctx, cancel := context.WithCancel(context.Background())
	waiting := s.open(sync.WithContext(ctx))
	if err := waiting.Lock(s.id); err != nil {
		s.Fatal(err)
	}
	leader, err := waiting.Leader(s.id)
	if err != nil {
		s.Fatal(err)
	}
	ended := make(chan error, 2)
	go func() { ended <- waiting.Lock(s.id) }()
	go func() {
		_, err := waiting.Leader(s.id)
		ended <- err
	}()
	time.Sleep(s.caps.Unit)
	cancel()
	for range 2 {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			s.Errorf("it ended with %v, want %v", err, context.Canceled)
		}
	}
	_ = leader.Resign() // with a context that has ended this may fail
	_ = waiting.Unlock(s.id)
}

func oneLeader(s *suite) {
	var wg gosync.WaitGroup
	var mu gosync.Mutex
	leaders, terms := 0, 0
	for i := range 5 {
		wg.Go(func() {
			l, err := s.sync.Leader(s.id)
			if err != nil {
				s.Errorf("Leader: %v", err)
				return
			}
			mu.Lock()
			terms++
			if leaders++; leaders != 1 {
				s.Errorf("%d leaders when %d came", leaders, i)
			}
			mu.Unlock()
			time.Sleep(s.caps.Unit / 4)
			mu.Lock()
			leaders--
			mu.Unlock()
			if err := l.Resign(); err != nil {
				s.Errorf("Resign: %v", err)
			}
		})
	}
	wg.Wait()
	if terms != 5 {
		s.Errorf("%d leaderships, want 5", terms)
	}
}

func resigned(s *suite) {
	l, err := s.sync.Leader(s.id)
	if err != nil {
		s.Fatalf("Leader: %v", err)
	}
	select {
	case <-l.Status():
		s.Fatal("Status says that it ended")
	case <-time.After(s.caps.Unit):
	}
	for range 2 {
		if err := l.Resign(); err != nil {
			s.Errorf("Resign: %v", err)
		}
	}
	if ended, open := <-l.Status(); !ended || !open {
		s.Errorf("Status gave %v, %v, want true", ended, open)
	}
	if _, open := <-l.Status(); open {
		s.Error("Status is open after the end")
	}
}

func leaderAndLock(s *suite) {
	l, err := s.sync.Leader(s.id)
	if err != nil {
		s.Fatalf("Leader: %v", err)
	}
	s.lock(s.id, sync.LockWait(time.Second))
	if err := l.Resign(); err != nil {
		s.Errorf("Resign: %v", err)
	}
	s.wantHeld(s.id)
	s.unlock(s.id)
}

func options(s *suite) {
	other := s.open(sync.Prefix("/locks/"))
	if err := other.Init(sync.Nodes("a:1", "b:2")); err != nil {
		s.Fatalf("Init: %v", err)
	}
	if o := other.Options(); o.Prefix != "/locks/" || fmt.Sprint(o.Nodes) != "[a:1 b:2]" {
		s.Errorf("Options = %+v", o)
	}
	if other.String() == "" {
		s.Error("String is empty")
	}
}
