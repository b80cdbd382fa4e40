// Package sync keeps work apart: locks by name, and the election of one leader.
//
// The interface has room for servers that many processes share; framework/sync/memory works within one process. Start
// with [Sync]. What every implementation must do is stated, rule by rule, by framework/sync/locktest.
package sync

import "errors"

// ErrLockTimeout says that a lock did not come free within LockWait.
var ErrLockTimeout = errors.New("lock timeout")

// Sync gives out locks and leaderships by id. A lock and a leadership of the same id have nothing to do with each
// other. Implementations are safe for concurrent use.
type Sync interface {
	// Init applies options. It must not run at the same time as other calls.
	Init(opts ...Option) error
	// Options returns the options in force.
	Options() Options
	// Leader waits until the caller is the leader of the id.
	Leader(id string, opts ...LeaderOption) (Leader, error)
	// Lock waits until the caller holds the lock of the id, at most for LockWait. With LockTTL the lock ends by itself:
	// whoever may work longer must then make sure that two at once do no harm.
	Lock(id string, opts ...LockOption) error
	// Unlock ends the lock of the id, whoever holds it: call it only while your own lock lasts. A lock that nobody holds
	// is no error.
	Unlock(id string) error
	// String names the implementation.
	String() string
}

// Leader is one leadership.
type Leader interface {
	// Resign ends the leadership. It may be called again.
	Resign() error
	// Status returns a channel that gives true once, and is closed, when the leadership has ended.
	Status() chan bool
}
