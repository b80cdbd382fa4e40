package redis_test

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/microtop/microtop/framework/cache"
	"github.com/microtop/microtop/framework/cache/redis"
)

func Example() {
	prices := redis.NewRedisCache(cache.WithAddress("127.0.0.1:6379"), cache.Expiration(5*time.Minute))
	if c, ok := prices.(io.Closer); ok {
		defer func() { _ = c.Close() }()
	}
	if err := prices.Put(context.Background(), "tea", 4.2, 0); err != nil {
		fmt.Println(err)
	}
}
