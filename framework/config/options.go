package config

import (
	"slices"

	"github.com/microtop/microtop/framework/config/loader"
	"github.com/microtop/microtop/framework/config/reader"
	"github.com/microtop/microtop/framework/config/source"
)

// WithLoader sets what keeps the snapshots. It stays the caller's to close.
func WithLoader(l loader.Loader) Option { return func(o *Options) { o.Loader = l } }

// WithSource adds a source to load.
func WithSource(s source.Source) Option {
	return func(o *Options) { o.Source = append(slices.Clip(o.Source), s) }
}

// WithReader sets what turns snapshots into values: one that knows more formats than JSON, say.
func WithReader(r reader.Reader) Option { return func(o *Options) { o.Reader = r } }

// WithWatcherDisabled keeps the config from following changes: only Load and Sync read.
func WithWatcherDisabled() Option { return func(o *Options) { o.WithWatcherDisabled = true } }
