package events

var (
	// DefaultStream serves programs that make no stream of their own: memory. It starts nothing until it is used.
	DefaultStream Stream = newMemoryStream()
	// DefaultStore serves programs that make no event store of their own: memory.
	DefaultStore = NewStore()
)

// Publish publishes an event on DefaultStream.
func Publish(topic string, msg any, opts ...PublishOption) error {
	return DefaultStream.Publish(topic, msg, opts...)
}

// Consume consumes a topic of DefaultStream.
func Consume(topic string, opts ...ConsumeOption) (<-chan Event, error) {
	return DefaultStream.Consume(topic, opts...)
}

// Read reads a topic's events from DefaultStore.
func Read(topic string, opts ...ReadOption) ([]*Event, error) {
	return DefaultStore.Read(topic, opts...)
}
