package grpc

import (
	"strconv"
	"testing"
)

func TestMemoIsBounded(t *testing.T) {
	var m Memo[string, int]
	if _, ok := m.Of("0"); ok {
		t.Error("an empty memo knows something")
	}
	for i := range 2 * maxMemo {
		m.Keep(strconv.Itoa(i), i)
	}
	if got, ok := m.Of("7"); !ok || got != 7 {
		t.Errorf("of 7: %d, %v", got, ok)
	}
	if n := len(*m.known.Load()); n != maxMemo {
		t.Errorf("%d are remembered, want %d", n, maxMemo)
	}
}
