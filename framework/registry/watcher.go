package registry

import "time"

// Watcher reports changes, one at a time.
type Watcher interface {
	// Next blocks until something changed, or returns ErrWatcherStopped after Stop. One caller at a time.
	Next() (*Result, error)
	// Stop ends the watcher and unblocks Next. It may be called more than once and from any goroutine.
	Stop()
}

// Result is one change. Action is "create", "update" or "delete"; Service carries the node it is about.
type Result struct {
	Action  string
	Service *Service
}

// EventType is what happened to a service.
type EventType int

const (
	// Create says that a node appeared.
	Create EventType = iota
	// Delete says that a node went.
	Delete
	// Update says that a node changed.
	Update
)

// String returns the action's name as Result.Action carries it.
func (t EventType) String() string {
	switch t {
	case Create:
		return "create"
	case Delete:
		return "delete"
	case Update:
		return "update"
	default:
		return "unknown"
	}
}

// Event is a change with its time, for those who keep a history.
type Event struct {
	Id        string
	Type      EventType
	Timestamp time.Time
	Service   *Service
}
