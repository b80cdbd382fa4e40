package locktest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/internal/history"
	"github.com/microtop/microtop/framework/sync"
)

const (
	historyOps   = 2000 // of each client
	historyLocks = 2
)

// operation is what a client asks of a lock; it unlocks only what it holds.
type operation struct {
	lock   string
	client int
	unlock bool
}

// nobody holds a lock at first.
const nobody = -1

// mutex is the model: who holds the lock. A client may be told at any time that it did not get it.
var mutex = porcupine.Model{
	Partition: history.By(func(input any) string { return input.(operation).lock }),
	Init:      func() any { return nobody },
	Step: func(state, input, output any) (bool, any) {
		switch in := input.(operation); {
		case in.unlock:
			return state == in.client, nobody
		case output == false:
			return true, state
		default:
			return state == nobody, in.client
		}
	},
}

// Linearizable records what five clients, who lock and unlock the same ids at once, are told by s, and reports
// whether there is an order of their operations in which nobody had a lock that another one held.
func Linearizable(t testing.TB, s sync.Sync) bool {
	t.Helper()
	run := uuid.NewString()
	return history.Explained(t, mutex, history.Record(t, func(c *history.Client) {
		for range historyOps / 2 {
			in, had := operation{lock: fmt.Sprintf("%s/%d", run, rand.IntN(historyLocks)), client: c.Number}, false
			ok := c.Do(in, func() (_ any, err error) {
				had, err = take(s, in.lock)
				return had, err
			})
			if ok && had {
				in.unlock = true
				ok = c.Do(in, func() (any, error) { return true, s.Unlock(in.lock) })
			}
			if !ok {
				return
			}
		}
	}))
}

// take reports whether it got the lock.
func take(s sync.Sync, id string) (bool, error) {
	wait := []time.Duration{0, -1, 50 * time.Microsecond}[rand.IntN(3)]
	err := s.Lock(id, sync.LockWait(wait))
	if errors.Is(err, sync.ErrLockTimeout) {
		return false, nil
	}
	return err == nil, err
}
