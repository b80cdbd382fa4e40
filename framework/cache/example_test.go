package cache_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/microtop/microtop/framework/cache"
)

func Example() {
	ctx := context.Background()
	prices := cache.NewCache(cache.Expiration(5 * time.Minute))
	_ = prices.Put(ctx, "tea", 4.2, 0)

	price, _, err := prices.Get(ctx, "tea")
	fmt.Println(price, err)
	_, _, err = prices.Get(ctx, "coffee")
	fmt.Println(errors.Is(err, cache.ErrKeyNotFound))
	// Output:
	// 4.2 <nil>
	// true
}
