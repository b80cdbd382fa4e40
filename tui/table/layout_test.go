package table

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLayout(t *testing.T) {
	cols := []Column{
		{Title: "NAME", Min: 6, Max: 20},
		{Title: "VERSION", Priority: 2},
		{Title: "RATE", Min: 4, Max: 4, Right: true, Priority: 1},
		{Title: "SEEN", Min: 4, Priority: 2, Flex: 1},
	}
	want := []int{12, 9, 4, 5}
	for _, c := range []struct {
		total int
		width []int
	}{
		{200, []int{12, 9, 4, 169}},
		{36, []int{12, 9, 4, 5}},
		{34, []int{12, 8, 4, 4}},
		{27, []int{6, 7, 4, 4}},
		{26, []int{11, 7, 4, -1}}, // the rightmost of the least important goes first
		{18, []int{12, -1, 4, -1}},
		{12, []int{6, -1, 4, -1}},
		{11, []int{11, -1, -1, -1}},
		{3, []int{3, -1, -1, -1}},
		{0, []int{-1, -1, -1, -1}},
		{-5, []int{-1, -1, -1, -1}},
	} {
		if diff := cmp.Diff(c.width, layout(cols, want, c.total)); diff != "" {
			t.Errorf("%d cells: %s", c.total, diff)
		}
	}
}

func TestLayoutNeverTakesMoreThanThereIs(t *testing.T) {
	cols := []Column{{Title: "A", Flex: 3}, {Title: "B", Flex: 1, Max: 7}, {Title: "C", Min: 3}, {Title: "LONG TITLE", Priority: 1}}
	for total := range 120 {
		for _, w := range []int{0, 1, 5, 90} {
			if got := need(layout(cols, []int{w, 2, w, 3}, total)); got > total {
				t.Fatalf("total %d, want %d: took %d", total, w, got)
			}
		}
	}
}

func TestTextThatStaysWholeTakesTheRoomOfLesserColumns(t *testing.T) {
	cols := []Column{
		{Title: "SERVICE", Min: 6, Max: 40, Whole: 16},
		{Title: "ID", Min: 4, Priority: 2},
		{Title: "ADDRESS", Min: 7, Priority: 1, Whole: 12},
		{Title: "SEEN", Min: 4, Priority: 3},
	}
	for _, c := range []struct {
		name  string
		want  []int
		total int
		width []int
	}{
		{"room for all", []int{14, 4, 12, 4}, 40, []int{14, 4, 12, 4}},
		{"the least important goes", []int{14, 4, 12, 4}, 39, []int{14, 4, 12, -1}},
		{"then the next", []int{14, 4, 12, 4}, 33, []int{14, -1, 12, -1}},
		{"but none that matters as much", []int{14, 4, 12, 4}, 25, []int{14, -1, 9, -1}},
		{"nor for more than was asked", []int{30, 4, 12, 4}, 42, []int{16, 4, 12, 4}},
		{"a short text asks for nothing", []int{6, 4, 7, 4}, 27, []int{6, 4, 7, 4}},
	} {
		if diff := cmp.Diff(c.width, layout(cols, c.want, c.total)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
