package config_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/source/memory"
)

func Example() {
	conf, err := config.NewConfig(
		config.WithSource(memory.NewSource(memory.WithJSON([]byte(`{"db":{"host":"localhost","port":5432}}`)))),
		config.WithSource(memory.NewSource(memory.WithJSON([]byte(`{"db":{"host":"db.example.org"}}`)))),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = conf.Close() }()
	fmt.Println(conf.Get("db", "host").String(""), conf.Get("db", "port").Int(0), conf.Get("db", "user").String("root"))
	// Output: db.example.org 5432 root
}
