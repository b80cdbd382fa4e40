// Package broker publishes messages to topics and delivers them to subscribers.
//
// The default is HTTP, point to point between processes that share a registry ([NewBroker], docs/wire.md §7);
// [NewMemoryBroker] stays in the process. Every implementation runs the suite in brokertest. Start with [Broker].
package broker

// Broker connects publishers and subscribers. Implementations are safe for concurrent use.
type Broker interface {
	// Init applies options. It opens nothing.
	Init(...Option) error
	// Options returns the options in force.
	Options() Options
	// Address is where this broker listens or is connected; empty before Connect.
	Address() string
	// Connect opens what publishing and subscribing need. Connecting twice is no error.
	Connect() error
	// Disconnect unsubscribes everything, flushes and closes. Disconnecting twice is no error.
	Disconnect() error
	// Publish sends a copy of m to the topic. What nil promises is the implementation's: at most or at least once.
	Publish(topic string, m *Message, opts ...PublishOption) error
	// Subscribe calls h for each message of the topic, in order, one at a time.
	Subscribe(topic string, h Handler, opts ...SubscribeOption) (Subscriber, error)
	// String names the implementation.
	String() string
}

// Handler takes one message. The event is valid until it returns.
type Handler func(Event) error

// Message is what travels: headers and a body. The JSON form has these capitalised keys (docs/wire.md §9.6).
type Message struct {
	Header map[string]string
	Body   []byte
}

// Event is one delivery.
type Event interface {
	Topic() string
	Message() *Message
	// Ack confirms the delivery where the broker wants that.
	Ack() error
	// Error is the last handler's error.
	Error() error
}

// Subscriber is a live subscription.
type Subscriber interface {
	Options() SubscribeOptions
	Topic() string
	// Unsubscribe ends it and waits for a running handler. It may be called more than once,
	// but not from inside the handler.
	Unsubscribe() error
}
