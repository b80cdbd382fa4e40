package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/microtop/microtop/framework/internal/history"
	"github.com/microtop/microtop/framework/store"
)

const historyKeys = 4

// historyOps is how many operations each client makes.
func historyOps() int {
	if os.Getenv("NIGHTLY") == "1" {
		return 2000
	}
	return 500
}

// operation is what a client asks of a key.
type operation struct {
	kind       string // "write", "read" or "delete"
	key, value string
}

// absent is the value of a key that has no record; no write writes it.
const absent = ""

// lastWrite is the model: a record is the last value that was written to its key.
var lastWrite = porcupine.Model{
	Partition: history.By(func(input any) string { return input.(operation).key }),
	Init:      func() any { return absent },
	Step: func(state, input, output any) (bool, any) {
		switch in := input.(operation); in.kind {
		case "write":
			return true, in.value
		case "delete":
			return true, absent
		default:
			return output == state, state
		}
	},
}

// Linearizable records what five clients, who write, read and delete the same few keys at once, are told by the store, and
// reports whether there is an order of their operations that explains it: one in which every read gives the last write.
func Linearizable(t testing.TB, s store.Store) bool {
	t.Helper()
	run := uuid.NewString()
	return history.Explained(t, lastWrite, history.Record(t, func(c *history.Client) {
		for i := range historyOps() {
			in := operation{kind: kind(), key: fmt.Sprintf("%s/%d", run, rand.IntN(historyKeys)), value: fmt.Sprintf("%d/%d", c.Number, i)}
			if !c.Do(in, func() (any, error) { return in.do(s) }) {
				return
			}
		}
	}))
}

func kind() string {
	return []string{"write", "write", "write", "delete", "read", "read", "read", "read"}[rand.IntN(8)]
}

// do returns the value that was read.
func (o operation) do(s store.Store) (string, error) {
	switch o.kind {
	case "write":
		return "", s.Write(&store.Record{Key: o.key, Value: []byte(o.value)})
	case "delete":
		return "", s.Delete(o.key)
	}
	records, err := s.Read(o.key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return absent, nil
	case err != nil:
		return "", err
	}
	return string(records[0].Value), nil
}
