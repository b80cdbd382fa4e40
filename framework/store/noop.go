package store

// NewNoopStore returns a store that keeps nothing: it takes every record and finds none.
func NewNoopStore(opts ...Option) Store { return &noop{opts: NewOptions(opts...)} }

type noop struct{ opts Options }

var _ Store = (*noop)(nil)

// Init implements Store.
func (n *noop) Init(opts ...Option) error {
	for _, set := range opts {
		set(&n.opts)
	}
	return nil
}

// Options implements Store.
func (n *noop) Options() Options { return n.opts }

// Read implements Store; it finds nothing.
func (n *noop) Read(key string, opts ...ReadOption) ([]*Record, error) {
	if n.opts.ReadQuery(key, opts...).Many {
		return []*Record{}, nil
	}
	return nil, ErrNotFound
}

// Write implements Store; the record is let go.
func (n *noop) Write(*Record, ...WriteOption) error { return nil }

// Delete implements Store.
func (n *noop) Delete(string, ...DeleteOption) error { return nil }

// List implements Store; there are no keys.
func (n *noop) List(...ListOption) ([]string, error) { return []string{}, nil }

// Close implements Store.
func (n *noop) Close() error { return nil }

// String returns "noop".
func (n *noop) String() string { return "noop" }
