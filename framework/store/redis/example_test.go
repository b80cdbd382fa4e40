package redis_test

import (
	"fmt"
	"time"

	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/store/redis"
)

func Example() {
	s := redis.NewStore(store.Nodes("redis://127.0.0.1:6379/0"), store.Table("sessions/"))
	defer func() { _ = s.Close() }()

	if err := s.Write(&store.Record{Key: "alice", Value: []byte("token")}, store.WriteTTL(time.Hour)); err != nil {
		fmt.Println(err)
	}
}
