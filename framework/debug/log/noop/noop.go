// Package noop is a log that keeps nothing, for services whose lines must not be handed out by the debug service.
package noop

import (
	"sync"

	"github.com/microtop/microtop/framework/debug/log"
)

// NewLog returns a log that takes every record and keeps none. Its streams deliver nothing until they are stopped.
// Options change nothing.
func NewLog(...log.Option) log.Log { return discard{} }

type discard struct{}

var _ log.Log = discard{}

// Read implements log.Log.
func (discard) Read(...log.ReadOption) ([]log.Record, error) { return nil, nil }

// Write implements log.Log.
func (discard) Write(log.Record) error { return nil }

// Stream implements log.Log.
func (discard) Stream() (log.Stream, error) { return &stream{records: make(chan log.Record)}, nil }

type stream struct {
	records chan log.Record
	stop    sync.Once
}

var _ log.Stream = (*stream)(nil)

// Chan implements log.Stream.
func (s *stream) Chan() <-chan log.Record { return s.records }

// Stop implements log.Stream.
func (s *stream) Stop() error {
	s.stop.Do(func() { close(s.records) })
	return nil
}
