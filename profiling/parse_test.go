package profiling_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/pprof/profile"

	"github.com/microtop/microtop/profiling"
)

func TestParseRealProfiles(t *testing.T) {
	for _, tc := range []struct {
		name     string
		data     []byte
		kind     profiling.Kind
		def      string
		contains string
	}{
		{"cpu", realCPU(), profiling.CPU, "cpu", "scoreCandidates"},
		{"heap", realHeap(), profiling.Heap, "inuse_space", "hoard"},
		{"allocs", lookup("allocs"), profiling.Allocs, "alloc_space", "hoard"},
		{"goroutine", lookup("goroutine"), profiling.Goroutine, "goroutine", "TestParseRealProfiles"},
		{"block", lookup("block"), profiling.Block, "delay", ""},
		{"threadcreate", lookup("threadcreate"), profiling.ThreadCreate, "threadcreate", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := parse(t, tc.data)
			if p.Kind != tc.kind || p.DefaultType().Name != tc.def {
				t.Errorf("kind %q, default type %q; want %q, %q", p.Kind, p.DefaultType().Name, tc.kind, tc.def)
			}
			table, err := profiling.Top(p, profiling.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if tc.contains != "" && !strings.Contains(fmt.Sprint(table.Rows), tc.contains) {
				t.Errorf("top does not name %s: %v", tc.contains, table.Rows)
			}
			again, err := p.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if back := parse(t, again); back.Total("") != p.Total("") || back.Samples() != p.Samples() {
				t.Errorf("encoding changed the profile: %d in %d, was %d in %d", back.Total(""), back.Samples(), p.Total(""), p.Samples())
			}
		})
	}
}

func gz(b []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func field(number int, data []byte) []byte {
	b := binary.AppendUvarint(nil, uint64(number)<<3|2)
	b = binary.AppendUvarint(b, uint64(len(data)))
	return append(b, data...)
}

// TestC08HostileProfiles hands the parser what an attacker would; each is
// refused, in time, without the memory it asks for.
func TestC08HostileProfiles(t *testing.T) {
	valid := draft(stack{10, []string{"main.main", "main.work"}})
	damage := func(change func(p *profile.Profile)) []byte {
		p := valid.Copy()
		change(p)
		return encode(t, p)
	}
	plain := func(p *profile.Profile) []byte {
		var b bytes.Buffer
		if err := p.WriteUncompressed(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	sample := field(2, []byte{2<<3 | 2, 2, 1, 1})
	deepLocation := func() []byte {
		p := valid.Copy()
		for range 3000 {
			p.Location[0].Line = append(p.Location[0].Line, p.Location[0].Line[0])
		}
		for range 2 {
			p.Sample[0].Location = append(p.Sample[0].Location, p.Location[0])
		}
		return encode(t, p)
	}
	for _, tc := range []struct {
		name  string
		data  []byte
		limit bool   // a LimitError, else ErrFormat
		says  string // what the error tells the user
	}{
		{"gzip bomb of names", gz(append(plain(valid), bytes.Repeat(field(6, make([]byte, 1000)), 100_000)...)), true, "bytes after decompression"},
		{"gzip bomb of zeros", gz(make([]byte, 60<<20)), false, "damaged"},
		{"1 M samples", gz(append(plain(valid), bytes.Repeat(sample, 1_000_000)...)), true, "samples"},
		{"10 MiB label", damage(func(p *profile.Profile) { p.Sample[0].Label = map[string][]string{"k": {strings.Repeat("x", 10<<20)}} }), true, "bytes in one name"},
		{"one packed stack of 30 M frames", gz(append(plain(valid), field(2, field(1, bytes.Repeat([]byte{1}, 30<<20)))...)), true, "frames in one stack"},
		{"2 M labels in one sample", gz(append(plain(valid), field(2, bytes.Repeat(field(3, nil), 2_000_000))...)), true, "labels"},
		{"few bytes, deep inlining", deepLocation(), true, "frames in one stack"},
		{"40 sample types", gz(append(plain(valid), bytes.Repeat(field(1, nil), 40)...)), true, "sample types"},
		{"truncated gzip", encode(t, valid)[:60], false, "cut off"},
		{"truncated proto", plain(valid)[:len(plain(valid))-3], false, "cut off"},
		{"damaged checksum", append(encode(t, valid)[:len(encode(t, valid))-8], 1, 2, 3, 4, 5, 6, 7, 8), false, "damaged"},
		{"location out of range", gz(append(plain(valid), field(2, []byte{1<<3 | 2, 1, 99, 2<<3 | 2, 2, 1, 1})...)), false, "nil location"},
		{"location with its own id as function", gz(append(plain(valid), field(4, append([]byte{1 << 3, 9}, field(4, []byte{1 << 3, 9})...))...)), false, "nil function"},
		{"string out of range", gz(append(plain(valid), field(5, []byte{1 << 3, 9, 2 << 3, 0xff, 0x7f})...)), false, "malformed"},
		{"two locations with one id", gz(append(plain(valid), field(4, []byte{1 << 3, 1})...)), false, "same id"},
		{"values past 64 bits", damage(func(p *profile.Profile) {
			p.Sample = append(p.Sample, &profile.Sample{Location: p.Sample[0].Location, Value: []int64{math.MaxInt64, math.MaxInt64}})
		}), false, "64 bits"},
		{"smallest value", damage(func(p *profile.Profile) { p.Sample[0].Value[0] = math.MinInt64 }), false, "64 bits"},
		{"no sample type", gz(field(6, nil)), false, "sample type"},
		{"empty", nil, false, "empty"},
		{"web page", []byte("<html>login</html>"), false, "web page"},
		{"trace", []byte("go 1.26 trace\x00\x00\x00"), false, "go tool trace"},
		{"debug=2 text", []byte("goroutine 1 [running]:\nmain.main()"), false, "debug="},
		{"noise", bytes.Repeat([]byte{0xff}, 1000), false, "damaged"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			p, err := profiling.Parse(bytes.NewReader(tc.data), profiling.Limits{})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Fatalf("accepted: %d samples", p.Samples())
			}
			var limit *profiling.LimitError
			if errors.As(err, &limit) != tc.limit || errors.Is(err, profiling.ErrFormat) == tc.limit {
				t.Errorf("error %v: want LimitError %v", err, tc.limit)
			}
			if !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %q does not say %q", err, tc.says)
			}
			if took > 4*time.Second { // the limit is 2 s; the machine may be busy
				t.Errorf("took %v", took)
			}
			// The decoded bytes cost their limit twice at most: in pieces, then joined.
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 2*64<<20+8<<20 {
				t.Errorf("allocated %d MiB", spent>>20)
			}
		})
	}
}

func TestParseLimitsInputAndTime(t *testing.T) {
	_, err := profiling.Parse(io.MultiReader(bytes.NewReader(field(6, nil)), bytes.NewReader(make([]byte, 2000))), profiling.Limits{Input: 1000})
	var limit *profiling.LimitError
	if !errors.As(err, &limit) || limit.Limit != 1000 {
		t.Errorf("2,002 bytes under a limit of 1,000: %v", err)
	}
	_, err = profiling.Parse(bytes.NewReader(realCPU()), profiling.Limits{Time: 1})
	if err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("a limit of 1 ns: %v", err)
	}
	broken := errors.New("wire cut")
	_, err = profiling.Parse(io.MultiReader(bytes.NewReader(realCPU()[:100]), iotest.ErrReader(broken)), profiling.Limits{})
	if !errors.Is(err, broken) {
		t.Errorf("a reader's error is lost: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(realHeap())
	f.Add(lookup("goroutine"))
	f.Add(encode(f, draft(stack{10, []string{"main.main", "main.work"}})))
	var plain bytes.Buffer
	if err := draft(stack{10, []string{"a", "b", "a"}}).WriteUncompressed(&plain); err != nil {
		f.Fatal(err)
	}
	f.Add(plain.Bytes())
	f.Add(gz(make([]byte, 1<<20)))
	limits := profiling.Limits{Decoded: 1 << 20, Samples: 1000, Frames: 10_000}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := profiling.Parse(bytes.NewReader(data), limits)
		if err != nil {
			return
		}
		if p.Samples() > limits.Samples {
			t.Fatalf("%d samples", p.Samples())
		}
		for _, st := range p.SampleTypes() {
			o := profiling.Options{Type: st.Name}
			table, err := profiling.Top(p, o)
			if err != nil {
				t.Fatal(err)
			}
			root, err := profiling.Flame(p, o)
			if err != nil {
				t.Fatal(err)
			}
			var flat int64
			for _, r := range table.Rows {
				flat += r.Flat
			}
			if flat != root.Total {
				t.Fatalf("%s: flat adds up to %d, the flame to %d", st.Name, flat, root.Total)
			}
		}
		if _, err := profiling.Diff(p, p, profiling.Options{}); err != nil {
			t.Fatal(err)
		}
		if _, err := profiling.Folded(p, profiling.Options{Granularity: profiling.ByLine}); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzMerge: profiles of strangers are added up, compared and drawn together.
func FuzzMerge(f *testing.F) {
	one := encode(f, draft(stack{10, []string{"main.main", "main.work"}}))
	f.Add(one, encode(f, draft(stack{-3, []string{"main.main", "main.rest"}})))
	f.Add(one, realHeap())
	f.Add(lookup("goroutine"), lookup("goroutine"))
	limits := profiling.Limits{Decoded: 64 << 10, Samples: 1000, Frames: 10_000}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		first, err := profiling.Parse(bytes.NewReader(a), limits)
		if err != nil {
			return
		}
		second, err := profiling.Parse(bytes.NewReader(b), limits)
		if err != nil {
			return
		}
		began := time.Now()
		merged, err := profiling.Merge([]*profiling.Profile{first, second})
		if took := time.Since(began); took > 2*time.Second { // reading has that limit; adding up must not go past it
			t.Fatalf("merging %d and %d samples took %v", first.Samples(), second.Samples(), took)
		}
		if err != nil {
			return
		}
		if n := merged.Samples(); n > first.Samples()+second.Samples() {
			t.Fatalf("%d and %d samples became %d", first.Samples(), second.Samples(), n)
		}
		if _, err := profiling.Diff(first, second, profiling.Options{}); err != nil {
			t.Fatal(err)
		}
		if _, err := profiling.Flame(merged, profiling.Options{}); err != nil {
			t.Fatal(err)
		}
		_, _ = profiling.GoroutineGroups(merged, profiling.Options{}) // only of goroutines
		data, err := merged.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := profiling.Parse(bytes.NewReader(data), profiling.Limits{}); err != nil || again.Samples() != merged.Samples() {
			t.Fatalf("written and read again: %v", err)
		}
	})
}
