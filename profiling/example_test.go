package profiling_test

import (
	"bytes"
	"fmt"

	"github.com/microtop/microtop/profiling"
)

func Example() {
	var file bytes.Buffer // what a node sent, or a file holds
	_ = draft(
		stack{70e6, []string{"main.main", "shop/recommend.scoreCandidates"}},
		stack{30e6, []string{"main.main", "encoding/json.Marshal"}},
	).Write(&file)

	p, err := profiling.Parse(&file, profiling.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	table, err := profiling.Top(p, profiling.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range table.Rows {
		fmt.Println(profiling.FormatValue(r.Flat, table.Type.Unit), profiling.FormatPercent(r.CumPercent), r.Name)
	}
	// Output:
	// 70ms 70% shop/recommend.scoreCandidates
	// 30ms 30% encoding/json.Marshal
	// 0 100% main.main
}
