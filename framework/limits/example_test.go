package limits_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/limits"
)

func Example() {
	// What is not set keeps its default, a negative value is no limit: transport.WithLimits(limits.Limits{…}).
	l := limits.Limits{MessageBytes: 64 << 10, Conns: -1}.WithDefaults()
	fmt.Println(l.MessageBytes, l.HeaderBytes)
	fmt.Println(limits.Exceeded(100_000, l.MessageBytes), limits.Exceeded(100_000, l.Conns))
	// Output:
	// 65536 16384
	// true false
}
