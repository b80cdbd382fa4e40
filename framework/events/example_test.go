package events_test

import (
	"fmt"
	"io"
	"time"

	"github.com/microtop/microtop/framework/events"
)

func Example() {
	stream, err := events.NewStream()
	if err != nil {
		fmt.Println(err)
		return
	}
	if c, ok := stream.(io.Closer); ok {
		defer c.Close()
	}
	_ = stream.Publish("orders", map[string]string{"item": "tea"})

	// A group that begins with the events of the last hour, and acknowledges each.
	orders, err := stream.Consume("orders", events.WithGroup("billing"),
		events.WithOffset(time.Now().Add(-time.Hour)), events.WithAutoAck(false, time.Minute), events.WithRetryLimit(3))
	if err != nil {
		fmt.Println(err)
		return
	}
	event := <-orders
	var order struct{ Item string }
	if err := event.Unmarshal(&order); err != nil {
		_ = event.Nack()
		return
	}
	fmt.Println(order.Item, event.Ack())
	// Output: tea <nil>
}
