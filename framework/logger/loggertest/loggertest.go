// Package loggertest states what a logger must do, as rules that every implementation's tests run.
package loggertest

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/logger"
)

// Open makes the logger under test with the options.
type Open func(t *testing.T, opts ...logger.Option) logger.Logger

// Run runs the suite. The lines' form is the implementation's, but each is one line and shows level, fields and message.
func Run(t *testing.T, open Open) {
	for _, rule := range []struct {
		name string
		test func(*suite)
	}{
		{"A280_it has a name and says what it was told", identity},
		{"A281_a line shows its level, its fields and its message", shape},
		{"A282_lines go to Out, also to one given later", output},
		{"A282_lines below the level are not written, and not formatted", levels},
		{"A282_Fields adds to every line and leaves the receiver alone", fields},
		{"A282_a later field of the same name wins", override},
		{"a line names the file and line of its caller, the helper's too", caller},
		{"A282_CallerSkipCount skips the frames of a front of the program's own", skip},
		{"a line stays one line, and steers no terminal", oneLine},
		{"the debug service's log gets a copy", copied},
		{"a fatal line is written, then the process ends with status 1", fatal},
		{"lines of many goroutines do not mix", concurrent},
		{"the caller may change its maps afterwards", aliasing},
	} {
		t.Run(rule.name, func(t *testing.T) { rule.test(&suite{T: t, open: open}) })
	}
}

type suite struct {
	*testing.T
	open Open
}

// start opens a logger that writes everything into out and keeps nothing.
func (s *suite) start(out *bytes.Buffer, opts ...logger.Option) logger.Logger {
	all := []logger.Option{logger.WithOutput(out), logger.WithLevel(logger.TraceLevel), logger.WithLog(log.NewLog())}
	return s.open(s.T, append(all, opts...)...)
}

// lines are the written ones.
func (s *suite) lines(out *bytes.Buffer) []string {
	s.Helper()
	text := out.String()
	if text == "" {
		return nil
	}
	if !strings.HasSuffix(text, "\n") {
		s.Errorf("%q does not end its line", text)
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// only is the one line that was written.
func (s *suite) only(out *bytes.Buffer) string {
	s.Helper()
	lines := s.lines(out)
	if len(lines) != 1 {
		s.Fatalf("%d lines written, want one: %q", len(lines), lines)
	}
	return lines[0]
}

func (s *suite) contains(line string, want ...string) {
	s.Helper()
	for _, part := range want {
		if !strings.Contains(strings.ToLower(line), strings.ToLower(part)) {
			s.Errorf("%q lacks %q", line, part)
		}
	}
}

func identity(s *suite) {
	var out bytes.Buffer
	l := s.start(&out, logger.WithLevel(logger.WarnLevel), logger.WithFields(map[string]any{"zone": "north"}))
	if l.String() == "" || l.Fields(nil).String() != l.String() {
		s.Errorf("named %q, with fields %q", l.String(), l.Fields(nil).String())
	}
	if o := l.Options(); o.Level != logger.WarnLevel || o.Fields["zone"] != "north" || o.Out != &out {
		s.Errorf("options %+v", o)
	}
}

func shape(s *suite) {
	for _, level := range []logger.Level{logger.TraceLevel, logger.DebugLevel, logger.InfoLevel, logger.WarnLevel, logger.ErrorLevel} {
		var out bytes.Buffer
		l := s.start(&out, logger.WithFields(map[string]any{"order": 4711}))
		l.Fields(map[string]any{"cause": errors.New("no stock")}).Logf(level, "refused %d of %d", 1, 3)
		s.contains(s.only(&out), level.String(), "order", "4711", "cause", "no stock", "refused 1 of 3")
	}
	var out bytes.Buffer
	s.start(&out).Log(logger.InfoLevel, "taken ", 3, " ", true)
	s.contains(s.only(&out), "taken 3 true")
}

func output(s *suite) {
	var first, second bytes.Buffer
	l := s.start(&first)
	l.Log(logger.InfoLevel, "one")
	if err := l.Init(logger.WithOutput(&second)); err != nil {
		s.Fatal(err)
	}
	l.Log(logger.InfoLevel, "two")
	s.contains(s.only(&first), "one")
	s.contains(s.only(&second), "two")
}

// untouchable fails the test when it is formatted.
type untouchable struct{ t testing.TB }

// String implements fmt.Stringer.
func (u untouchable) String() string {
	u.t.Error("a line that is not written was formatted")
	return ""
}

func levels(s *suite) {
	var out bytes.Buffer
	l := s.start(&out, logger.WithLevel(logger.WarnLevel))
	l.Logf(logger.InfoLevel, "%v", untouchable{s.T})
	l.Log(logger.DebugLevel, untouchable{s.T})
	if out.Len() > 0 {
		s.Errorf("written: %q", out.String())
	}
	if err := l.Init(logger.WithLevel(logger.DebugLevel)); err != nil {
		s.Fatal(err)
	}
	l.Log(logger.DebugLevel, "now")
	s.contains(s.only(&out), "now")
}

func fields(s *suite) {
	var out bytes.Buffer
	l := s.start(&out)
	more := l.Fields(map[string]any{"order": "A7"})
	more.Log(logger.InfoLevel, "with")
	more.Log(logger.InfoLevel, "again")
	l.Log(logger.InfoLevel, "without")
	lines := s.lines(&out)
	if len(lines) != 3 {
		s.Fatalf("lines %q", lines)
	}
	s.contains(lines[0], "order", "A7")
	s.contains(lines[1], "order", "A7")
	if strings.Contains(lines[2], "A7") {
		s.Errorf("the receiver got the field: %q", lines[2])
	}
}

func override(s *suite) {
	var out bytes.Buffer
	s.start(&out, logger.WithFields(map[string]any{"zone": "north"})).Fields(map[string]any{"zone": "south"}).Log(logger.InfoLevel, "x")
	if line := s.only(&out); strings.Contains(line, "north") || !strings.Contains(line, "south") {
		s.Errorf("got %q", line)
	}
}

// here is the caller's line, and those after it, as lines name them.
func here(after int) string {
	_, _, line, _ := runtime.Caller(1)
	return fmt.Sprintf("loggertest/loggertest.go:%d", line+after)
}

func caller(s *suite) {
	var out bytes.Buffer
	l := s.start(&out)
	want := []string{here(1), here(2), here(3)}
	l.Log(logger.InfoLevel, "a")
	l.Logf(logger.InfoLevel, "b")
	logger.NewHelper(l).Warn("c")
	for i, line := range s.lines(&out) {
		s.contains(line, want[min(i, 2)])
	}
}

func skip(s *suite) {
	var out bytes.Buffer
	l := s.start(&out, logger.WithCallerSkipCount(1))
	front := func() { l.Log(logger.InfoLevel, "a") }
	front()
	s.contains(s.only(&out), here(-1))
}

func oneLine(s *suite) {
	var out bytes.Buffer
	hostile := "a\nlevel=error forged\r\x1b]0;owned\a\x1b[2J\u009b31m\x9b31m\x7f"
	s.start(&out).Fields(map[string]any{"peer": hostile, "key\n\x1b[2J": 1}).Log(logger.InfoLevel, hostile)
	line := s.only(&out)
	for _, r := range line {
		if unicode.IsControl(r) && r != '\t' {
			s.Errorf("%q contains %q", line, r)
		}
	}
	s.contains(line, "forged")
}

func copied(s *suite) {
	var out bytes.Buffer
	kept := log.NewLog()
	l := s.start(&out, logger.WithLog(kept))
	l.Fields(map[string]any{"order": 4711}).Log(logger.WarnLevel, "late")
	records, err := kept.Read()
	if err != nil || len(records) != 1 || records[0].Message != "late" || records[0].Metadata["order"] != "4711" || records[0].Metadata["level"] != "warn" {
		s.Errorf("kept %v, %v", records, err)
	}
	if logger.Kept(l) != kept {
		s.Error("Kept says otherwise")
	}
}

func fatal(s *suite) {
	var out bytes.Buffer
	var ends []int
	l := s.start(&out, logger.WithExitFunc(func(status int) {
		s.contains(s.only(&out), "over")
		ends = append(ends, status)
	}))
	l.Log(logger.FatalLevel, "over")
	out.Reset()
	logger.NewHelper(l).Fatalf("%s", "over")
	if len(ends) != 2 || ends[0] != 1 || ends[1] != 1 {
		s.Errorf("ended with %v", ends)
	}
}

func concurrent(s *suite) {
	var out bytes.Buffer
	l := s.start(&out)
	const writers, each = 8, 50
	var wg sync.WaitGroup
	for i := range writers {
		mine := l.Fields(map[string]any{"writer": i})
		wg.Go(func() {
			for range each {
				mine.Log(logger.InfoLevel, "<"+strings.Repeat("x", 100)+">")
			}
		})
	}
	wg.Wait()
	lines := s.lines(&out)
	if len(lines) != writers*each {
		s.Fatalf("%d lines, want %d", len(lines), writers*each)
	}
	for _, line := range lines {
		if strings.Count(line, strings.Repeat("x", 100)) != 1 {
			s.Fatalf("mixed: %q", line)
		}
	}
}

func aliasing(s *suite) {
	var out bytes.Buffer
	first, second := map[string]any{"a": "given"}, map[string]any{"b": "given"}
	l := s.start(&out, logger.WithFields(first)).Fields(second)
	first["a"], second["b"] = "changed", "changed"
	l.Options().Fields["a"] = "changed"
	l.Log(logger.InfoLevel, "x")
	if line := s.only(&out); strings.Contains(line, "changed") {
		s.Errorf("got %q", line)
	}
}
