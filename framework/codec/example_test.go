package codec_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/codec/json"
)

func Example() {
	var m codec.Marshaler = json.Marshaler{}
	data, err := m.Marshal(map[string]int{"order": 4711})
	if err != nil {
		fmt.Println(err)
		return
	}
	var order struct{ Order int }
	err = m.Unmarshal(data, &order)
	fmt.Println(m, string(data), order.Order, err)
	// Output: json {"order":4711} 4711 <nil>
}
