package main

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"time"

	"go-micro.dev/v4/client"
)

// Load is what came of many calls.
type Load struct {
	Calls, Failed int
	Errors        map[string]int
}

// callers call at the same time.
const callers = 8

// load calls with default options until the time is over.
func load(name string, d time.Duration) error {
	c := newClient()
	var mu sync.Mutex
	total := Load{Errors: map[string]int{}}
	end := time.Now().Add(d)
	var group sync.WaitGroup
	for i := 0; i < callers; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for time.Now().Before(end) {
				err := helloOnce(c, name)
				mu.Lock()
				total.Calls++
				if err != nil {
					total.Failed++
					total.Errors[err.Error()]++
				}
				mu.Unlock()
				time.Sleep(2 * time.Millisecond)
			}
		}()
	}
	group.Wait()
	return json.NewEncoder(os.Stdout).Encode(total)
}

func helloOnce(c client.Client, name string) error {
	return c.Call(context.Background(), c.NewRequest(name, "Matrix.Unary", &Message{Root: "x"}), new(Message))
}
