// Package grpctest replays connections that were captured between go-micro v4.9.0 programs that speak gRPC: as the client of
// a server under test, and as the server of a client. Start with [Fixtures].
package grpctest

import (
	"embed"
	"encoding/json"
	"path"
	"strings"
	"testing"
)

//go:embed testdata
var captured embed.FS

// Fixture is one captured connection.
type Fixture struct {
	Name   string
	Stdout string // what v4's client printed
	Stderr string

	up, down []byte
	chunks   []chunk
}

// chunk is what went at once in one direction.
type chunk struct {
	Dir string `json:"dir"`
	Off int    `json:"off"`
	N   int    `json:"n"`
}

// The directions of a chunk.
const (
	toServer = "c2s"
	toClient = "s2c"
)

// Fixtures are the captures whose names begin so.
func Fixtures(t *testing.T, prefix string) []Fixture {
	t.Helper()
	entries, err := captured.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var all []Fixture
	for _, entry := range entries {
		name, connection, _ := strings.Cut(entry.Name(), "-conn0")
		if connection != "" || !strings.HasPrefix(name, prefix) {
			continue
		}
		name = strings.TrimSuffix(name, ".json")
		var about struct {
			Stdout string `json:"client_stdout"`
			Stderr string `json:"client_stderr"`
		}
		f := Fixture{Name: name, up: read(t, name+"-conn0.c2s.bin"), down: read(t, name+"-conn0.s2c.bin")}
		decode(t, read(t, name+".json"), &about)
		decode(t, read(t, name+"-conn0.timeline.json"), &f.chunks)
		f.Stdout, f.Stderr = about.Stdout, about.Stderr
		all = append(all, f)
	}
	if len(all) == 0 {
		t.Fatalf("no fixture's name begins with %q", prefix)
	}
	return all
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := captured.ReadFile(path.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

// Asked is what v4's client sent.
func (f Fixture) Asked(t *testing.T) Stream { return parse(t, f.up) }

// Answered is what v4's server sent.
func (f Fixture) Answered(t *testing.T) Stream { return parse(t, f.down) }

// before is what the other direction had sent when the nth chunk left.
func (f Fixture) before(n int) int {
	sent := 0
	for _, c := range f.chunks[:n] {
		if c.Dir != f.chunks[n].Dir {
			sent = c.Off + c.N
		}
	}
	return sent
}
