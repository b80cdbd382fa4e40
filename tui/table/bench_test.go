package table_test

import (
	"fmt"
	"testing"
)

func BenchmarkMove(b *testing.B) {
	tb := newTable(200, 50, rows(10_000))
	b.ReportAllocs()
	for b.Loop() {
		if tb.Position() == 10_000 {
			keys(tb, "home")
		}
		keys(tb, "down")
		tb.View()
	}
}

func BenchmarkPage(b *testing.B) {
	tb := newTable(200, 50, rows(10_000))
	list := []string{"pgdown", "pgdown", "pgdown", "home"}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		keys(tb, list[i%len(list)])
		tb.View()
		i++
	}
}

func BenchmarkRefresh(b *testing.B) {
	src := rows(10_000)
	tb := newTable(200, 50, src)
	b.ReportAllocs()
	for b.Loop() {
		for i := range 10 {
			src[i].Version++
		}
		tb.Refresh()
		tb.View()
	}
}

func BenchmarkFilter(b *testing.B) {
	tb := newTable(200, 50, rows(10_000))
	for _, expr := range []string{"team7", "team[3-5].*zebra|x9", "-f svc99"} {
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := tb.SetFilter(expr); err != nil {
					b.Fatal(err)
				}
				tb.View()
			}
		})
	}
}

func BenchmarkSort(b *testing.B) {
	tb := newTable(200, 50, rows(10_000))
	for _, col := range []int{3, 4} {
		b.Run(fmt.Sprint(col), func(b *testing.B) {
			reverse := false
			b.ReportAllocs()
			for b.Loop() {
				reverse = !reverse
				tb.SetSort(col, reverse)
				tb.View()
			}
		})
	}
}
