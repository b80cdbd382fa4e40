// Package memory keeps log records in memory; it is v4's name for the log that [log.NewLog] makes.
package memory

import "github.com/microtop/microtop/framework/debug/log"

// DefaultSize is how many records a log keeps that is made without log.Size.
var DefaultSize = log.DefaultSize

// NewLog returns a log that keeps the last records. It needs no closing.
func NewLog(opts ...log.Option) log.Log {
	return log.NewLog(append([]log.Option{log.Size(DefaultSize)}, opts...)...)
}
