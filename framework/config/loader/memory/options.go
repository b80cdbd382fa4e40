package memory

import (
	"slices"

	"github.com/microtop/microtop/framework/config/loader"
	"github.com/microtop/microtop/framework/config/reader"
	"github.com/microtop/microtop/framework/config/source"
)

// WithReader sets what merges and reads. Default: JSON.
func WithReader(r reader.Reader) loader.Option { return func(o *loader.Options) { o.Reader = r } }

// WithSource adds a source that is loaded when the loader is first used.
func WithSource(s source.Source) loader.Option {
	return func(o *loader.Options) { o.Source = append(slices.Clip(o.Source), s) }
}

// WithWatcherDisabled keeps the loader from following changes: only Load and Sync read.
func WithWatcherDisabled() loader.Option {
	return func(o *loader.Options) { o.WithWatcherDisabled = true }
}
