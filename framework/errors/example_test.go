package errors_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/errors"
)

func Example() {
	// What a handler returns comes to its caller with its code, also when it is wrapped on the way.
	err := fmt.Errorf("place the order: %w", errors.NotFound("shop.catalog", "no article %d", 4711))
	if e, ok := errors.As(err); ok {
		fmt.Println(e.GetCode(), e.GetStatus(), e.GetDetail())
	}
	fmt.Println(errors.FromError(err).Retryable())
	// Output:
	// 404 Not Found no article 4711
	// false
}

func ExampleParse() {
	err := errors.Parse(`{"id":"shop.catalog","code":408,"detail":"too late","status":"Request Timeout"}`)
	fmt.Println(err.GetId(), err.Retryable())
	// Output: shop.catalog true
}
