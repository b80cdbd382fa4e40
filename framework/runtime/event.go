package runtime

import "time"

// Scheduler says what a runtime is to do, as events: a folder that is watched, a timetable, a queue.
type Scheduler interface {
	// Notify returns the events to come. A runtime asks once each time it starts; an error keeps no service from
	// starting. The scheduler closes the channel when no more events come, at the latest in Close.
	Notify() (<-chan Event, error)
	// Close ends the events. A runtime calls it when it stops, once for each Notify.
	Close() error
}

// EventType says what is to happen to an event's service.
type EventType int

const (
	// Create asks for the service to be created, as by Runtime.Create.
	Create EventType = iota
	// Delete asks for the service to be deleted, as by Runtime.Delete.
	Delete
	// Update asks for the service to be started again, as by Runtime.Update.
	Update
)

// String returns "create", "delete" or "update", and "unknown" for a value out of range.
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

// Event asks for a change.
type Event struct {
	// ID tells one event from another in the runtime's logs.
	ID        string
	Type      EventType
	Timestamp time.Time
	// Service is the service to change; Name and Version are enough to delete or update it.
	Service *Service
	// Options are how the service is created, in place of the defaults; of a deleted or updated one only Namespace
	// and Context count. Nil means the defaults.
	Options *CreateOptions
}
