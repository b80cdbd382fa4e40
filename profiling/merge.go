package profiling

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Merge adds several profiles of one kind up, such as those of all nodes of a
// service. The inputs stay as they are. It fails if their sample types differ,
// or if the sum is past the default [Limits].
func Merge(profiles []*Profile) (*Profile, error) {
	if len(profiles) == 0 {
		return nil, fmt.Errorf("nothing to merge: give at least one profile")
	}
	raws := make([]*profile.Profile, len(profiles))
	for i, p := range profiles {
		if err := compatible(profiles[0], p); err != nil {
			return nil, fmt.Errorf("merge: %w", err)
		}
		raws[i] = p.raw
	}
	raw, err := profile.Merge(raws)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	merged, err := newProfile(raw, Limits{}.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	merged.Kind = profiles[0].Kind
	return merged, nil
}

// compatible says why two profiles can't be added or compared, nil if they can.
func compatible(a, b *Profile) error {
	if !slices.Equal(a.SampleTypes(), b.SampleTypes()) {
		return fmt.Errorf("profiles of different kinds don't go together: one has %s, the other %s", typeNames(a), typeNames(b))
	}
	return nil
}

func typeNames(p *Profile) string {
	var list []string
	for _, t := range p.SampleTypes() {
		list = append(list, t.Name+"/"+t.Unit)
	}
	return strings.Join(list, " ")
}
