package trace

import (
	"context"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/internal/budget"
)

// DefaultTracer serves programs that name no tracer. It holds nothing until used.
var DefaultTracer Tracer = NewTracer()

// NewTracer returns a tracer that keeps the last spans in memory.
func NewTracer(opts ...Option) Tracer {
	options := DefaultOptions()
	for _, set := range opts {
		set(&options)
	}
	return &memory{size: max(options.Size, 1)}
}

type memory struct {
	size int

	mu    sync.Mutex
	spans []*Span // a ring once full; next is the oldest
	next  int
}

var _ Tracer = (*memory)(nil)

// Start implements Tracer.
func (m *memory) Start(ctx context.Context, name string) (context.Context, *Span) {
	span := newSpan(ctx, name)
	return ToContext(ctx, span.Trace, span.Id), span
}

// spanBytes is about how much of one span is kept: its name and metadata may quote what a stranger sent.
const spanBytes = 8 << 10

// Finish implements Tracer. The span is copied: later changes to it are not kept.
func (m *memory) Finish(s *Span) error {
	s.Duration = time.Since(s.Started)
	kept, left := *s, budget.Bytes(spanBytes)
	kept.Trace, kept.Id, kept.Parent, kept.Name = left.Text(s.Trace), left.Text(s.Id), left.Text(s.Parent), left.Text(s.Name)
	kept.Metadata = left.Map(s.Metadata)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.spans) < m.size {
		m.spans = append(m.spans, &kept)
		return nil
	}
	m.spans[m.next] = &kept
	m.next = (m.next + 1) % m.size
	return nil
}

// Read implements Tracer.
func (m *memory) Read(opts ...ReadOption) ([]*Span, error) {
	var options ReadOptions
	for _, set := range opts {
		set(&options)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]*Span, 0, len(m.spans))
	for i := range m.spans {
		span := m.spans[(m.next+i)%len(m.spans)]
		if options.Trace == "" || span.Trace == options.Trace {
			out = append(out, span)
		}
	}
	return out, nil
}
