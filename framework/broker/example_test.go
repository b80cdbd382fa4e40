package broker_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/broker"
)

func Example() {
	b := broker.NewMemoryBroker()
	if err := b.Connect(); err != nil {
		fmt.Println(err)
		return
	}
	defer b.Disconnect()

	heard := make(chan string)
	if _, err := b.Subscribe("orders", func(e broker.Event) error {
		heard <- e.Topic() + ": " + string(e.Message().Body)
		return nil
	}); err != nil {
		fmt.Println(err)
		return
	}
	if err := b.Publish("orders", &broker.Message{Header: map[string]string{"Content-Type": "text/plain"}, Body: []byte("one tea")}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-heard)
	// Output: orders: one tea
}
