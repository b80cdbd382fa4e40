package config

import (
	"github.com/microtop/microtop/framework/config/internal/disk"
	"github.com/microtop/microtop/framework/config/reader"
	"github.com/microtop/microtop/framework/config/source"
)

// DefaultConfig is the config of the functions of this package. It starts nothing until something is loaded.
var DefaultConfig Config = newConfig()

// Bytes returns everything in DefaultConfig, as JSON.
func Bytes() []byte { return DefaultConfig.Bytes() }

// Map returns everything in DefaultConfig; the map is the caller's.
func Map() map[string]any { return DefaultConfig.Map() }

// Scan reads everything in DefaultConfig into v, a pointer, as encoding/json does.
func Scan(v any) error { return DefaultConfig.Scan(v) }

// Sync makes DefaultConfig read its sources again.
func Sync() error { return DefaultConfig.Sync() }

// Get returns the value at a path of DefaultConfig.
func Get(path ...string) reader.Value { return DefaultConfig.Get(path...) }

// Load adds sources to DefaultConfig.
func Load(source ...source.Source) error { return DefaultConfig.Load(source...) }

// Watch returns a watcher of the value at a path of DefaultConfig.
func Watch(path ...string) (Watcher, error) { return DefaultConfig.Watch(path...) }

// LoadFile adds a file to DefaultConfig, in the format that its extension names. The file is read every second;
// framework/config/source/file hears of changes at once.
func LoadFile(path string) error { return Load(disk.New(path, nil, "json")) }
