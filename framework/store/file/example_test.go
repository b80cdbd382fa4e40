package file_test

import (
	"fmt"
	"os"

	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/store/file"
)

func Example() {
	dir, err := os.MkdirTemp("", "orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	s := file.NewStore(file.DirOption(dir), store.Table("orders"))
	fmt.Println(s.Write(&store.Record{Key: "order/1", Value: []byte("tea")})) // on the disk now
	fmt.Println(s.Close())

	s = file.NewStore(file.DirOption(dir), store.Table("orders"))
	defer func() { _ = s.Close() }()
	records, err := s.Read("order/1")
	fmt.Println(string(records[0].Value), err)
	// Output:
	// <nil>
	// <nil>
	// tea <nil>
}
