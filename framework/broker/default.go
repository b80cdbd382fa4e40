package broker

// DefaultBroker serves programs that name none. It opens nothing until connected.
var DefaultBroker = NewBroker()

// Connect connects DefaultBroker.
func Connect() error { return DefaultBroker.Connect() }

// Disconnect disconnects DefaultBroker.
func Disconnect() error { return DefaultBroker.Disconnect() }

// Init applies options to DefaultBroker.
func Init(opts ...Option) error { return DefaultBroker.Init(opts...) }

// Publish publishes through DefaultBroker.
func Publish(topic string, msg *Message, opts ...PublishOption) error {
	return DefaultBroker.Publish(topic, msg, opts...)
}

// Subscribe subscribes at DefaultBroker.
func Subscribe(topic string, handler Handler, opts ...SubscribeOption) (Subscriber, error) {
	return DefaultBroker.Subscribe(topic, handler, opts...)
}

// String names DefaultBroker.
func String() string { return DefaultBroker.String() }
