package fleet

import "slices"

// Build makes a snapshot, as the fleet does after changes.
func (f *Fleet) Build() *Snapshot { return f.build() }

// Spoil has the next snapshot make the services anew, all of them when none is named.
func (f *Fleet) Spoil(names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.nodes {
		if len(names) == 0 || slices.Contains(names, e.Service) {
			f.spoiled[e.Service] = true
		}
	}
}

const (
	ProbesAtOnce = probesAtOnce
	TimelineSize = timelineSize
	MaxNodes     = maxNodes
)
