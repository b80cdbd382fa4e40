package store_test

import (
	"fmt"
	"time"

	"github.com/microtop/microtop/framework/store"
)

func Example() {
	s := store.NewMemoryStore(store.Table("orders"))
	defer func() { _ = s.Close() }()

	_ = s.Write(&store.Record{Key: "order/1", Value: []byte("tea")})
	_ = s.Write(&store.Record{Key: "order/2", Value: []byte("coffee")}, store.WriteTTL(time.Hour))

	records, err := s.Read("order/", store.ReadPrefix())
	for _, r := range records {
		fmt.Println(r.Key, string(r.Value), r.Expiry > 0)
	}
	fmt.Println(err)
	// Output:
	// order/1 tea false
	// order/2 coffee true
	// <nil>
}
