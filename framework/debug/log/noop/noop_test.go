package noop_test

import (
	"testing"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/debug/log/noop"
)

func TestKeepsNothing(t *testing.T) {
	l := noop.NewLog(log.Size(5))
	s, err := l.Stream()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Write(log.Record{Message: "secret"}); err != nil {
		t.Fatal(err)
	}
	if records, err := l.Read(); err != nil || len(records) != 0 {
		t.Errorf("kept %v, %v", records, err)
	}
	select {
	case record, open := <-s.Chan():
		t.Errorf("delivered %v, open %v", record, open)
	default:
	}
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}
	if _, open := <-s.Chan(); open {
		t.Error("a stopped stream's channel is open")
	}
}
