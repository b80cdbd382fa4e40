package profiling

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/google/pprof/profile"
)

// Parse reads one pprof profile (profile.proto, gzip-compressed or not) within
// limits; Limits{} is the default ones. A profile that is too big gives a
// [*LimitError]; one that is cut off, damaged or refers to what it does not hold
// gives an error that is [ErrFormat]. The time limit is checked between reads: a
// reader that blocks must be ended by its owner.
func Parse(r io.Reader, limits Limits) (*Profile, error) {
	limits = limits.withDefaults()
	deadline := time.Now().Add(limits.Time)
	data, err := decompress(r, limits, deadline)
	if err != nil {
		return nil, err
	}
	s := scan{limits: limits, deadline: deadline}
	if err := s.profile(data); err != nil {
		return nil, err
	}
	if time.Now().After(deadline) {
		return nil, errSlow(limits)
	}
	raw, err := profile.ParseUncompressed(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	p, err := newProfile(raw, limits)
	if err != nil {
		return nil, err
	}
	if time.Now().After(deadline) {
		return nil, errSlow(limits)
	}
	return p, nil
}

// decompress reads the encoded profile whole, with both its sizes bounded.
func decompress(r io.Reader, limits Limits, deadline time.Time) ([]byte, error) {
	in := &io.LimitedReader{R: r, N: limits.Input + 1}
	buffered := bufio.NewReaderSize(in, 64<<10)
	head, err := buffered.Peek(16)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	if err := recognise(head); err != nil {
		return nil, err
	}
	var body io.Reader = buffered
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		zr, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%w: damaged compression: %w", ErrFormat, err)
		}
		defer func() { _ = zr.Close() }()
		body = zr
	}
	return gather(body, in, limits, deadline)
}

// gather reads body whole, in pieces that are joined only once they are known to
// be within the limits: a bomb costs its limit, not a growing buffer's several.
func gather(body io.Reader, in *io.LimitedReader, limits Limits, deadline time.Time) ([]byte, error) {
	const piece = 1 << 20
	var pieces [][]byte
	total := int64(0)
	for size := int64(piece / 16); ; size = piece {
		b := make([]byte, min(size, limits.Decoded-total+1))
		n, err := fillPiece(body, b)
		total += int64(n)
		pieces = append(pieces, b[:n])
		switch {
		case in.N <= 0:
			return nil, &LimitError{What: "bytes", Limit: limits.Input}
		case total > limits.Decoded:
			return nil, &LimitError{What: "bytes after decompression", Limit: limits.Decoded}
		case err == nil && time.Now().After(deadline):
			return nil, errSlow(limits)
		case err == nil:
			continue
		case err == io.EOF: //nolint:errorlint // a reader's end is io.EOF itself
			return bytes.Join(pieces, nil), nil
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, new(flate.CorruptInputError)):
			return nil, fmt.Errorf("%w: cut off or damaged: capture it again: %w", ErrFormat, err)
		default:
			return nil, fmt.Errorf("read profile after %d bytes: %w", total, err)
		}
	}
}

// fillPiece is io.ReadFull that leaves the reader's own error as it is: here a
// stream that ends and one that is cut off must be told apart.
func fillPiece(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = r.Read(b[n:])
		n += m
	}
	return n, err
}

// recognise turns away what people hand in by mistake, by its first bytes.
func recognise(head []byte) error {
	switch {
	case len(head) == 0:
		return fmt.Errorf("%w: it is empty", ErrFormat)
	case bytes.HasPrefix(head, []byte("go 1.")):
		return fmt.Errorf("%w: it is an execution trace: open it with go tool trace", ErrFormat)
	case head[0] == '<':
		return fmt.Errorf("%w: it is a web page: name the profile's own address, such as …/debug/pprof/heap", ErrFormat)
	case bytes.HasPrefix(head, []byte("goroutine ")), bytes.HasPrefix(head, []byte("heap profile:")), bytes.HasPrefix(head, []byte("--- ")):
		return fmt.Errorf("%w: it is in the old text form: leave out debug= from its address", ErrFormat)
	}
	return nil
}

// newProfile checks what a decoder can't (references, sums, expanded stacks) and
// numbers the locations 1…n, so that they can index a slice. It owns raw.
func newProfile(raw *profile.Profile, limits Limits) (*Profile, error) {
	if len(raw.SampleType) == 0 {
		return nil, fmt.Errorf("%w: it names no sample type", ErrFormat)
	}
	if err := raw.CheckValid(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	for i, l := range raw.Location {
		l.ID = uint64(i) + 1
	}
	frames := 0
	totals := make([]int64, len(raw.SampleType))
	for _, s := range raw.Sample {
		depth := 0
		for _, l := range s.Location {
			depth += max(1, len(l.Line))
		}
		if err := over(depth, limits.Depth, "frames in one stack"); err != nil {
			return nil, err
		}
		frames += depth
		if err := over(frames, limits.Frames, "frames"); err != nil {
			return nil, err
		}
		for i, v := range s.Value {
			if v == math.MinInt64 || totals[i] > math.MaxInt64-abs(v) {
				return nil, fmt.Errorf("%w: its values add up past 64 bits", ErrFormat)
			}
			totals[i] += abs(v)
		}
	}
	return &Profile{Kind: kindOf(raw), raw: raw, totals: totals}, nil
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}
