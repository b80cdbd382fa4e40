package selector

import (
	"context"

	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
)

// Options configure a selector.
type Options struct {
	Registry registry.Registry
	Strategy Strategy
	Context  context.Context
	Logger   logger.Logger
}

// SelectOptions configure one selection.
type SelectOptions struct {
	Filters  []Filter
	Strategy Strategy
	Context  context.Context
}

type (
	// Option sets a field of Options.
	Option func(*Options)
	// SelectOption sets a field of SelectOptions.
	SelectOption func(*SelectOptions)
)

// Registry sets where services are looked up.
func Registry(r registry.Registry) Option { return func(o *Options) { o.Registry = r } }

// SetStrategy sets the strategy for calls that name none.
func SetStrategy(fn Strategy) Option { return func(o *Options) { o.Strategy = fn } }

// WithLogger sets where the selector logs.
func WithLogger(l logger.Logger) Option { return func(o *Options) { o.Logger = l } }

// WithFilter adds filters to one selection; they run in order.
func WithFilter(fn ...Filter) SelectOption {
	return func(o *SelectOptions) { o.Filters = append(o.Filters, fn...) }
}

// WithStrategy sets the strategy of one selection.
func WithStrategy(fn Strategy) SelectOption { return func(o *SelectOptions) { o.Strategy = fn } }
