package transport

import (
	"slices"
	"strings"
	"testing"
)

// Lines that are made once are those that would be made each time.
func TestLinesThatRepeat(t *testing.T) {
	t.Parallel()
	a := []Field{{"Micro-Id", "1"}, {"Content-Type", "application/json"}}
	b := []Field{{"Micro-Id", "1"}, {"Content-Type", "application/json"}, {"Micro-Error", "EOS"}}
	c := []Field{{"Micro-Id", "2"}, {"Content-Type", "application/json"}}
	bad := []Field{{"Micro-Id", "1"}, {"Content-Type", "a\r\nb"}}
	long := []Field{{"Micro-Id", "1"}, {"Micro-Error", strings.Repeat("x", 2*keptHeadSize)}}
	many := slices.Repeat(a, memoLines)
	var l lines
	for i, list := range [][]Field{a, a, a, b, bad, a, c, a, b, b, nil, b, a, long, long, a, long, many, a} {
		want, wantErr := appendFields(nil, list)
		got, err := l.append(nil, list)
		if string(got) != string(want) || (err == nil) != (wantErr == nil) {
			t.Errorf("message %d: %q, %v; want %q, %v", i, got, err, want, wantErr)
		}
	}
}
