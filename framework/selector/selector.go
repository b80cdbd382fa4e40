// Package selector picks the node that a call goes to.
//
// The default ([NewSelector]) keeps a cached view of the registry, balances by a [Strategy], and sets nodes aside
// that [Selector.Mark] reports as failing. Start with [Selector].
package selector

import (
	"errors"

	"github.com/microtop/microtop/framework/registry"
)

var (
	// ErrNotFound says that the registry knows no such service.
	ErrNotFound = errors.New("not found")
	// ErrNoneAvailable says that no node is left after filtering.
	ErrNoneAvailable = errors.New("none available")
)

// Selector picks nodes. Implementations are safe for concurrent use.
type Selector interface {
	// Init applies options.
	Init(opts ...Option) error
	// Options returns the options in force.
	Options() Options
	// Select returns a function that yields a node per attempt. The nodes are shared with other callers, which must not
	// change them.
	Select(service string, opts ...SelectOption) (Next, error)
	// Mark tells how a call to the node ended; nil is success. It is to be told of each node that was called, once.
	// context.Canceled says that the call is over and nothing of the node.
	Mark(service string, node *registry.Node, err error)
	// Reset forgets what Mark told about the service.
	Reset(service string)
	// Close ends the selector and what it watches.
	Close() error
	// String names the implementation.
	String() string
}

// ErrNeedsNext says that Pick cannot stand for Select: the strategy is the program's own, and may keep a state.
var ErrNeedsNext = errors.New("the strategy needs a Next of its own")

// Picker is a selector that picks without new memory.
type Picker interface {
	// Pick picks as the Next of a Select without options does. after is the node of the attempt before, nil at the first.
	// alone says that there is no other node. It may return ErrNeedsNext.
	Pick(service string, after *registry.Node) (node *registry.Node, alone bool, err error)
}

// Holder is a selector that counts calls under way, and so wants to know of what goes on after Mark: a stream.
type Holder interface {
	// Hold counts the node as busy until release, which may be called more than once.
	Hold(service string, node *registry.Node) (release func())
}

type (
	// Next yields the node of the next attempt.
	Next func() (*registry.Node, error)
	// Filter narrows the candidates. It must not change what it is given.
	Filter func([]*registry.Service) []*registry.Service
	// Strategy orders the candidates.
	Strategy func([]*registry.Service) Next
)
