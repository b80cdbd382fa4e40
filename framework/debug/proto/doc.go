// Package proto holds the messages of the debug service (docs/wire.md §10): v4's and this framework's own.
package proto

//go:generate protoc -I ../../.. --go_out=paths=source_relative:../../.. framework/debug/proto/debug.proto
