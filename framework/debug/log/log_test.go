package log_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/debug/log"
)

func write(t *testing.T, l log.Log, n int) {
	t.Helper()
	for i := range n {
		record := log.Record{Timestamp: time.Unix(int64(i), 0), Message: fmt.Sprint(i)}
		if err := l.Write(record); err != nil {
			t.Fatal(err)
		}
	}
}

func messages(records []log.Record) (out string) {
	for _, r := range records {
		out += r.Message.(string)
	}
	return out
}

func TestReadHonoursCountAndSince(t *testing.T) {
	l := log.NewLog(log.Size(5))
	write(t, l, 8)
	for _, c := range []struct {
		opts []log.ReadOption
		want string
	}{
		{nil, "34567"},
		{[]log.ReadOption{log.Count(2)}, "67"},
		{[]log.ReadOption{log.Since(time.Unix(5, 0))}, "567"},
	} {
		records, err := l.Read(c.opts...)
		if err != nil || messages(records) != c.want {
			t.Errorf("got %q, %v; want %q", messages(records), err, c.want)
		}
	}
}

func TestStreamNeverHoldsTheWriter(t *testing.T) {
	l := log.NewLog()
	s, err := l.Stream()
	if err != nil {
		t.Fatal(err)
	}
	write(t, l, 10_000) // nobody reads
	got := 0
	for range len(s.Chan()) {
		<-s.Chan()
		got++
	}
	if got == 0 || got == 10_000 {
		t.Errorf("%d records buffered", got)
	}
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}
	if _, open := <-s.Chan(); open {
		t.Error("the channel is still open")
	}
}

func TestFormats(t *testing.T) {
	r := log.Record{Timestamp: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Metadata: map[string]string{"level": "info", "file": "a.go:1"}, Message: "hi"}
	if got, want := log.TextFormat(r), "2026-01-02 03:04:05  file=a.go:1 level=info hi"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := log.JSONFormat(r), `{"timestamp":"2026-01-02T03:04:05Z","metadata":{"file":"a.go:1","level":"info"},"message":"hi"} `; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A line may quote what a stranger sent: 1,024 of them must not hold gigabytes.
func TestRecordsAreCut(t *testing.T) {
	l := log.NewLog()
	huge := strings.Repeat("ü", 1<<20)
	records := []log.Record{
		{Message: huge, Metadata: map[string]string{"level": "warn"}},
		{Message: "m", Metadata: map[string]string{"error": huge, huge: "x", "z": huge}},
		{Message: []string{huge}},
		{Message: "small", Metadata: map[string]string{"level": "info"}},
	}
	for _, r := range records {
		if err := l.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	kept, _ := l.Read()
	for i, r := range kept {
		size := len(fmt.Sprint(r.Message))
		for key, value := range r.Metadata {
			size += len(key) + len(value)
		}
		if size > 17<<10 {
			t.Errorf("record %d: %d bytes are kept", i, size)
		}
	}
	if diff := cmp.Diff(records[3], kept[3]); diff != "" {
		t.Errorf("a small record changed: %s", diff)
	}
	if text := kept[0].Message.(string); !strings.HasSuffix(text, "ü…") || kept[1].Message != "m" {
		t.Errorf("cut as %q, %q", text[len(text)-8:], kept[1].Message)
	}
}
