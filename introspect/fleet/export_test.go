package fleet

// Build makes a snapshot, as the fleet does after changes.
func (f *Fleet) Build() *Snapshot { return f.build() }

const (
	ProbesAtOnce = probesAtOnce
	TimelineSize = timelineSize
	MaxNodes     = maxNodes
)
