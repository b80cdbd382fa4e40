// Package history records what concurrent clients do and are told, and checks it against a model (linearizability). The
// conformance suites use it. Start with [Record].
package history

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	clients = 5
	timeout = time.Minute // of the check
)

// Client is one of the clients of a history.
type Client struct {
	// Number is from 0 to 4.
	Number int

	t       testing.TB
	start   time.Time
	history []porcupine.Operation
}

// Do does an operation and notes when it began and ended, and what it gave. It reports whether there was no error; one
// fails the test.
func (c *Client) Do(input any, do func() (output any, err error)) bool {
	call := time.Since(c.start)
	output, err := do()
	if err != nil {
		c.t.Errorf("%+v: %v", input, err)
		return false
	}
	c.history = append(c.history, porcupine.Operation{
		ClientId: c.Number, Input: input, Output: output, Call: int64(call), Return: int64(time.Since(c.start)),
	})
	runtime.Gosched() // let the others in between
	return true
}

// Record runs work for five clients at once and returns what all of them noted.
func Record(t testing.TB, work func(c *Client)) []porcupine.Operation {
	t.Helper()
	start := time.Now()
	var all [clients]Client
	var wg sync.WaitGroup
	for i := range all {
		c := &all[i]
		*c = Client{Number: i, t: t, start: start}
		wg.Go(func() { work(c) })
	}
	wg.Wait()
	var history []porcupine.Operation
	for _, c := range all {
		history = append(history, c.history...)
	}
	return history
}

// By splits histories by a property of the inputs whose operations have nothing to do with each other.
func By(key func(input any) string) func([]porcupine.Operation) [][]porcupine.Operation {
	return func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[string][]porcupine.Operation{}
		for _, op := range history {
			byKey[key(op.Input)] = append(byKey[key(op.Input)], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	}
}

// Explained reports whether there is an order of the operations, each between its beginning and its end, that the model
// allows.
func Explained(t testing.TB, model porcupine.Model, history []porcupine.Operation) bool {
	t.Helper()
	switch result := porcupine.CheckOperationsTimeout(model, history, timeout); result {
	case porcupine.Ok:
		t.Logf("%d clients, %d operations: linearizable", clients, len(history))
		return true
	case porcupine.Unknown:
		t.Fatalf("no verdict on %d operations within %v", len(history), timeout)
	case porcupine.Illegal:
	}
	return false
}
