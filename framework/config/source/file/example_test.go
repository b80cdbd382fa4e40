package file_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/source/file"
)

func ExampleNewSource() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "app.json")
	if err := os.WriteFile(path, []byte(`{"database":{"host":"db.example.org"}}`), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	conf, err := config.NewConfig(config.WithSource(file.NewSource(file.WithPath(path))))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = conf.Close() }()
	fmt.Println(conf.Get("database", "host").String("localhost"))
	// Output: db.example.org
}
