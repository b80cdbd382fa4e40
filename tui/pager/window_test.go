package pager

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// heights is a text whose lines, with ids from first on, take so many rows.
type heights struct {
	first  uint64
	rowsOf []int
}

func (h heights) span() (first, last uint64) { return h.first, h.first + uint64(len(h.rowsOf)) - 1 }
func (h heights) rows(id uint64) int         { return h.rowsOf[id-h.first] }

func TestWindowIsRowArithmetic(t *testing.T) {
	text := heights{10, []int{1, 3, 1, 1, 5, 2}}
	var flat []place // every row there is
	for i, n := range text.rowsOf {
		for s := range n {
			flat = append(flat, place{10 + uint64(i), s})
		}
	}
	clamp := func(i int) place { return flat[max(min(i, len(flat)-1), 0)] }
	for i, p := range flat {
		for n := range 16 {
			if got, want := forward(text, p, n), clamp(i+n); got != want {
				t.Errorf("%v forward %d: %v, want %v", p, n, got, want)
			}
			if got, want := backward(text, p, n), clamp(i-n); got != want {
				t.Errorf("%v backward %d: %v, want %v", p, n, got, want)
			}
			if n == 0 {
				continue
			}
			if got, want := bottom(text, n), clamp(len(flat)-n); got != want {
				t.Errorf("bottom of %d: %v, want %v", n, got, want)
			}
			if got, want := fitted(text, p, n), clamp(min(i, max(len(flat)-n, 0))); got != want {
				t.Errorf("%v fitted in %d: %v, want %v", p, n, got, want)
			}
			for j, q := range flat {
				if got, want := shown(text, p, q, n), clamp(min(max(i, j-n+1), j)); got != want {
					t.Errorf("%v shown from %v in %d: %v, want %v", q, p, n, got, want)
				}
			}
		}
	}
	if got := fitted(text, place{3, 2}, 4); got != (place{10, 0}) {
		t.Errorf("a line that is gone: %v", got)
	}
	if got := fitted(text, place{99, 0}, 4); got != (place{14, 3}) {
		t.Errorf("a line there is not yet: %v", got)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in   string
		w    int
		want []int
	}{
		{"", 5, []int{0}}, {"abcde", 5, []int{0}}, {"abcdef", 5, []int{0, 5}}, {"abcdefghijk", 5, []int{0, 5, 10}},
		{"漢字漢", 5, []int{0, 6}}, {"a漢", 2, []int{0, 1}}, {"漢字", 1, []int{0, 3}}, {"ab", 0, []int{0, 1}},
		{"xe\u0301e\u0301", 2, []int{0, 4}},
	} {
		if diff := cmp.Diff(c.want, wrap(nil, c.in, c.w)); diff != "" {
			t.Errorf("%q in %d: %s", c.in, c.w, diff)
		}
	}
}

func TestRing(t *testing.T) {
	r := newRing(3)
	for i := range 8 {
		r.push(Line{Item: i})
		for k := range r.len() {
			if got, want := r.at(k).Item, int(r.first)-1+k; got != want {
				t.Fatalf("after %d: line %d is %v, want %d", i, k, got, want)
			}
		}
	}
	if r.len() != 3 || r.first != 6 || r.lost != 5 {
		t.Errorf("%d lines from %d, %d lost", r.len(), r.first, r.lost)
	}
}
