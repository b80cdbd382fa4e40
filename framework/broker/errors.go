package broker

import "errors"

var (
	// ErrNotConnected says that the broker was not connected, or is no longer.
	ErrNotConnected = errors.New("not connected")
	// ErrClosed says that the subscription has ended.
	ErrClosed = errors.New("subscription closed")
	// ErrSlowConsumer says that a subscription's pending limit was reached and a message was dropped.
	ErrSlowConsumer = errors.New("slow consumer: message dropped")
)
