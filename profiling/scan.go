package profiling

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Field numbers of profile.proto (github.com/google/pprof/proto/profile.proto).
const (
	fieldSampleType = 1
	fieldSample     = 2
	fieldMapping    = 3
	fieldLocation   = 4
	fieldFunction   = 5
	fieldString     = 6
	fieldComment    = 13

	fieldSampleLocation = 1
	fieldSampleValue    = 2
	fieldSampleLabel    = 3
	fieldLocationLine   = 4
)

// maxSampleTypes is far above the four a heap profile has.
const maxSampleTypes = 16

// scan counts what an encoded profile holds, without building any of it, so
// that the decoder never sees a profile that would make it allocate without
// bound.
type scan struct {
	limits   Limits
	deadline time.Time

	types, samples, mappings, locations, functions int
	strings, labels, refs, lines, comments, fields int
}

// wireField is one field of a protobuf message: its number, its wire type and,
// for wire type 2, its bytes.
type wireField struct {
	number int
	wire   int
	data   []byte
}

// nextField splits the first field off b.
func nextField(b []byte) (wireField, []byte, error) {
	tag, n := binary.Uvarint(b)
	if n <= 0 {
		return wireField{}, nil, fmt.Errorf("%w: cut off or damaged", ErrFormat)
	}
	b = b[n:]
	f := wireField{number: int(tag >> 3 & (1<<29 - 1)), wire: int(tag & 7)}
	if f.number == 0 {
		return f, nil, fmt.Errorf("%w: cut off or damaged", ErrFormat)
	}
	size := 0
	switch f.wire {
	case 0:
		_, size = binary.Uvarint(b)
	case 1:
		size = 8
	case 5:
		size = 4
	case 2:
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) { //nolint:gosec // n is at most len(b)
			return f, nil, fmt.Errorf("%w: cut off or damaged", ErrFormat)
		}
		b = b[n:]
		size = int(length) //nolint:gosec // bounded by len(b) just above
		f.data = b[:size]
		return f, b[size:], nil
	}
	if size <= 0 || size > len(b) {
		return f, nil, fmt.Errorf("%w: cut off or damaged", ErrFormat)
	}
	return f, b[size:], nil
}

// varints counts the numbers in a repeated integer field, packed or not.
func (f wireField) varints() int {
	if f.wire != 2 {
		return 1
	}
	n := 0
	for _, c := range f.data {
		if c < 0x80 {
			n++
		}
	}
	return n
}

// profile checks a whole encoded profile against the limits.
func (s *scan) profile(b []byte) error {
	for len(b) > 0 {
		if s.fields++; s.fields&0xfff == 0 && time.Now().After(s.deadline) {
			return errSlow(s.limits)
		}
		f, rest, err := nextField(b)
		if err == nil {
			err = s.field(f)
		}
		if err != nil {
			return err
		}
		b = rest
	}
	return nil
}

func (s *scan) field(f wireField) error {
	l := s.limits
	switch f.number {
	case fieldSampleType:
		s.types++
		return over(s.types, maxSampleTypes, "sample types")
	case fieldSample:
		if s.samples++; s.samples > l.Samples {
			return &LimitError{What: "samples", Limit: int64(l.Samples)}
		}
		return s.sample(f.data)
	case fieldMapping:
		s.mappings++
		return over(s.mappings, l.Locations, "mappings")
	case fieldLocation:
		if s.locations++; s.locations > l.Locations {
			return &LimitError{What: "locations", Limit: int64(l.Locations)}
		}
		return s.location(f.data)
	case fieldFunction:
		s.functions++
		return over(s.functions, l.Locations, "functions")
	case fieldString:
		if err := over(len(f.data), l.String, "bytes in one name"); err != nil {
			return err
		}
		s.strings++
		return over(s.strings, l.Strings, "strings")
	case fieldComment:
		s.comments += f.varints()
		return over(s.comments, l.Strings, "comments")
	}
	return nil
}

func (s *scan) sample(b []byte) error {
	depth, values := 0, 0
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return err
		}
		switch f.number {
		case fieldSampleLocation:
			depth += f.varints()
			err = over(depth, s.limits.Depth, "frames in one stack")
		case fieldSampleValue:
			values += f.varints()
			err = over(values, maxSampleTypes, "values in one sample")
		case fieldSampleLabel:
			s.labels++
			err = over(s.labels, s.limits.Labels, "labels")
		}
		if err != nil {
			return err
		}
		b = rest
	}
	s.refs += depth
	return over(s.refs, s.limits.Frames, "frames")
}

func (s *scan) location(b []byte) error {
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return err
		}
		if f.number == fieldLocationLine {
			s.lines++
		}
		b = rest
	}
	return over(s.lines, s.limits.Frames, "source lines")
}

func errSlow(l Limits) error {
	return fmt.Errorf("profile took longer than %v to read: capture for a shorter time, or open it with go tool pprof", l.Time)
}
