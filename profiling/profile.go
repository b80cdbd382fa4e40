package profiling

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// Profile is one parsed profile. It does not change, and is safe for concurrent
// use. Names in it come from the profiled program and are raw.
type Profile struct {
	// Kind is told from the sample types, "" if they are none of Go's. A mutex
	// profile looks like a block profile; [Capture] puts in what was asked for.
	Kind Kind

	raw    *profile.Profile
	totals []int64 // sum of |value| per sample type, as pprof's total
}

// SampleType is one of the values each sample has, such as cpu in nanoseconds.
type SampleType struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
}

// SampleTypes lists the values each sample has, in the profile's order.
func (p *Profile) SampleTypes() []SampleType {
	types := make([]SampleType, len(p.raw.SampleType))
	for i, t := range p.raw.SampleType {
		types[i] = SampleType{Name: t.Type, Unit: t.Unit}
	}
	return types
}

// DefaultType is the sample type shown when none is asked for: the profile's
// own default, else its kind's, else the last.
func (p *Profile) DefaultType() SampleType {
	return p.SampleTypes()[p.defaultIndex()]
}

func (p *Profile) defaultIndex() int {
	for _, name := range []string{p.raw.DefaultSampleType, p.Kind.SampleType()} {
		if i := p.index(name); name != "" && i >= 0 {
			return i
		}
	}
	return len(p.raw.SampleType) - 1
}

func (p *Profile) index(name string) int {
	return slices.IndexFunc(p.raw.SampleType, func(t *profile.ValueType) bool { return t.Type == name })
}

// typeIndex finds a sample type by name; "" is the default one.
func (p *Profile) typeIndex(name string) (int, error) {
	if name == "" {
		return p.defaultIndex(), nil
	}
	if i := p.index(name); i >= 0 {
		return i, nil
	}
	names := make([]string, 0, len(p.raw.SampleType))
	for _, t := range p.raw.SampleType {
		names = append(names, t.Type)
	}
	return 0, fmt.Errorf("profile has no sample type %q: it has %s", name, strings.Join(names, ", "))
}

// Total is the sum of all samples' absolute values of one type ("" is the
// default one), in that type's unit. An unknown type has 0.
func (p *Profile) Total(sampleType string) int64 {
	i, err := p.typeIndex(sampleType)
	if err != nil {
		return 0
	}
	return p.totals[i]
}

// Samples is the number of distinct stacks.
func (p *Profile) Samples() int { return len(p.raw.Sample) }

// Time is when the capture began, zero if the profile doesn't say.
func (p *Profile) Time() time.Time {
	if p.raw.TimeNanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, p.raw.TimeNanos).UTC()
}

// Duration is how long the program was watched, 0 if the profile doesn't say.
func (p *Profile) Duration() time.Duration {
	return time.Duration(p.raw.DurationNanos)
}

// Comments are the profile's own remarks.
func (p *Profile) Comments() []string { return slices.Clone(p.raw.Comments) }

// Encode gives the profile as gzip-compressed profile.proto, which every pprof
// tool reads.
func (p *Profile) Encode() ([]byte, error) {
	var b bytes.Buffer
	if err := p.raw.Write(&b); err != nil {
		return nil, fmt.Errorf("encode profile: %w", err)
	}
	return b.Bytes(), nil
}
