package sync_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/sync/memory"
)

func Example() {
	s := memory.NewSync() // servers that many processes share have the same interface
	leader, err := s.Leader("nightly report")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("leading")
	if err := leader.Resign(); err != nil {
		fmt.Println(err)
	}
	fmt.Println("ended:", <-leader.Status())
	// Output:
	// leading
	// ended: true
}
