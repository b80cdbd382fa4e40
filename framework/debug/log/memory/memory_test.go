package memory_test

import (
	"testing"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/debug/log/memory"
)

func TestSize(t *testing.T) {
	for want, l := range map[int]log.Log{memory.DefaultSize: memory.NewLog(), 3: memory.NewLog(log.Size(3))} {
		for i := range memory.DefaultSize + 5 {
			if err := l.Write(log.Record{Message: i}); err != nil {
				t.Fatal(err)
			}
		}
		records, err := l.Read()
		if err != nil || len(records) != want || records[want-1].Message != memory.DefaultSize+4 {
			t.Errorf("%d records, %v; want the last %d", len(records), err, want)
		}
	}
}
