// Command config reads a YAML file and the environment, which wins, and hears of a change of the file while it runs.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/config/encoder/yaml"
	"github.com/microtop/microtop/framework/config/reader"
	"github.com/microtop/microtop/framework/config/reader/json"
	"github.com/microtop/microtop/framework/config/source/env"
	"github.com/microtop/microtop/framework/config/source/file"
)

const before = `
greeting: hello
database:
  host: ${DATABASE_HOST}
  port: 5432
`

// Database is a part of the configuration.
type Database struct {
	Host string
	Port int
}

// run shows what was read from the file at path, then rewrites it.
func run(path string) error {
	conf, err := config.NewConfig(
		config.WithReader(json.NewReader(reader.WithEncoder(yaml.NewEncoder()))),
		config.WithSource(file.NewSource(file.WithPath(path))),
		config.WithSource(env.NewSource(env.WithStrippedPrefix("APP"))), // APP_GREETING is greeting
	)
	if err != nil {
		return err
	}
	defer func() { _ = conf.Close() }() // the program ends

	var db Database
	if err := conf.Get("database").Scan(&db); err != nil {
		return err
	}
	fmt.Println(conf.Get("greeting").String("?"), db.Host, db.Port)

	changes, err := conf.Watch("database", "port")
	if err != nil {
		return err
	}
	if err := replace(path, "database: {port: 6543}\n"); err != nil {
		return err
	}
	port, err := changes.Next()
	if err != nil {
		return err
	}
	fmt.Println("now", port.Int(0))
	return changes.Stop()
}

// replace writes a file as editors do: beside the old one, and then in its place.
func replace(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func main() {
	dir, err := os.MkdirTemp("", "config")
	if err != nil {
		log.Fatal(err)
	}
	path := filepath.Join(dir, "app.yaml")
	err = errors.Join(os.WriteFile(path, []byte(before), 0o600),
		os.Setenv("DATABASE_HOST", "db.example.org"), os.Setenv("APP_GREETING", "good evening")) // as the program's surroundings would
	if err == nil {
		err = run(path)
	}
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		log.Fatal(err)
	}
}
