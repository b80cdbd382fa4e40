package logger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/logger"
)

// here is the place of the call, as lines name it.
func here() string {
	_, _, line, _ := runtime.Caller(1)
	return fmt.Sprintf("logger/helper_test.go:%d", line)
}

func quiet(out *bytes.Buffer, opts ...logger.Option) logger.Logger {
	opts = append([]logger.Option{logger.WithOutput(out), logger.WithLog(log.NewLog()), logger.WithLevel(logger.TraceLevel)}, opts...)
	return logger.NewLogger(opts...)
}

// useDefault makes l the default logger for one test.
func useDefault(t *testing.T, l logger.Logger) {
	t.Helper()
	before := logger.DefaultLogger
	logger.DefaultLogger = l
	t.Cleanup(func() { logger.DefaultLogger = before })
}

// foreign is a logger that is not this package's: it notes what it is given.
type foreign struct {
	logger.Logger // for Options and Init

	mu     *sync.Mutex
	lines  *[]string
	fields map[string]any
}

func newForeign(level logger.Level) *foreign {
	return &foreign{Logger: logger.NewLogger(logger.WithLevel(level)), mu: new(sync.Mutex), lines: new([]string), fields: map[string]any{}}
}

func (f *foreign) Fields(fields map[string]any) logger.Logger {
	next := *f
	next.fields = map[string]any{}
	for _, from := range []map[string]any{f.fields, fields} {
		for key, value := range from {
			next.fields[key] = value
		}
	}
	return &next
}

func (f *foreign) Log(level logger.Level, v ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*f.lines = append(*f.lines, fmt.Sprint("file=", f.fields["file"], " level=", level, " ", fmt.Sprint(v...)))
}

// spoken is one call that writes a line: the place of the call, what the line must say after it, and the call.
type spoken struct {
	place, rest string
	say         func()
}

func calls(h *logger.Helper) []spoken {
	return []spoken{
		{here(), "level=warn a 1", func() { h.Log(logger.WarnLevel, "a ", 1) }},
		{here(), "level=info a 1", func() { h.Logf(logger.InfoLevel, "a %d", 1) }},
		{here(), "level=trace a", func() { h.Trace("a") }},
		{here(), "level=trace <a>", func() { h.Tracef("<%s>", "a") }},
		{here(), "level=debug a", func() { h.Debug("a") }},
		{here(), "level=debug <a>", func() { h.Debugf("<%s>", "a") }},
		{here(), "level=info a", func() { h.Info("a") }},
		{here(), "level=info <a>", func() { h.Infof("<%s>", "a") }},
		{here(), "level=warn a", func() { h.Warn("a") }},
		{here(), "level=warn <a>", func() { h.Warnf("<%s>", "a") }},
		{here(), "level=error a", func() { h.Error("a") }},
		{here(), "level=error <a>", func() { h.Errorf("<%s>", "a") }},
		{here(), "level=info a", func() { h.WithFields(nil).WithError(nil).Info("a") }},
		{here(), "level=info a", func() { logger.Extract(h.Inject(context.Background())).Info("a") }},
	}
}

func functions() []spoken {
	return []spoken{
		{here(), "level=warn a 1", func() { logger.Log(logger.WarnLevel, "a ", 1) }},
		{here(), "level=info a 1", func() { logger.Logf(logger.InfoLevel, "a %d", 1) }},
		{here(), "level=trace a", func() { logger.Trace("a") }},
		{here(), "level=trace <a>", func() { logger.Tracef("<%s>", "a") }},
		{here(), "level=debug a", func() { logger.Debug("a") }},
		{here(), "level=debug <a>", func() { logger.Debugf("<%s>", "a") }},
		{here(), "level=info a", func() { logger.Info("a") }},
		{here(), "level=info <a>", func() { logger.Infof("<%s>", "a") }},
		{here(), "level=warn a", func() { logger.Warn("a") }},
		{here(), "level=warn <a>", func() { logger.Warnf("<%s>", "a") }},
		{here(), "level=error a", func() { logger.Error("a") }},
		{here(), "level=error <a>", func() { logger.Errorf("<%s>", "a") }},
		{here(), "level=info a", func() { logger.Fields(nil).Log(logger.InfoLevel, "a") }},
		{here(), "level=info a", func() { logger.DefaultHelper.Info("a") }},
		{here(), "level=info a", func() { logger.HelperOrDefault(nil).Info("a") }},
		{here(), "level=info a", func() { logger.Extract(context.Background()).Info("a") }},
	}
}

func speak(all []spoken) (want []string) {
	for _, c := range all {
		c.say()
		want = append(want, "file="+c.place+" "+c.rest)
	}
	return want
}

// printed are the lines without their times.
func printed(out *bytes.Buffer) []string {
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for i, line := range lines {
		_, lines[i], _ = strings.Cut(line, "  ")
	}
	return lines
}

// A280. Every way to write a line names the line of its caller.
func TestA280_LinesNameTheirCaller(t *testing.T) {
	var out bytes.Buffer
	own := quiet(&out)
	t.Run("helper", func(t *testing.T) {
		out.Reset()
		want := speak(calls(logger.NewHelper(own)))
		if diff := cmp.Diff(want, printed(&out)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("functions", func(t *testing.T) {
		useDefault(t, own)
		out.Reset()
		want := speak(functions())
		if diff := cmp.Diff(want, printed(&out)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("helper of another logger", func(t *testing.T) {
		other := newForeign(logger.TraceLevel)
		want := speak(calls(logger.NewHelper(other)))
		if diff := cmp.Diff(want, *other.lines); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("functions over another logger", func(t *testing.T) {
		other := newForeign(logger.TraceLevel)
		useDefault(t, other)
		want := speak(functions()[:12])
		if diff := cmp.Diff(want, *other.lines); diff != "" {
			t.Error(diff)
		}
	})
}

// A front of a program's own stands between the line to be named and the logger.
func TestA282_CallerSkipCount(t *testing.T) {
	var out bytes.Buffer
	own := quiet(&out, logger.WithCallerSkipCount(1))
	other := newForeign(logger.TraceLevel)
	if err := other.Init(logger.WithCallerSkipCount(1)); err != nil {
		t.Fatal(err)
	}
	front := func(l logger.Logger) { logger.NewHelper(l).Info("a") }
	for _, l := range []logger.Logger{own, other} {
		front(l)
	}
	_, _, line, _ := runtime.Caller(0)
	want := fmt.Sprintf("logger/helper_test.go:%d", line-2)
	if got := printed(&out)[0]; !strings.Contains(got, want) || !strings.Contains((*other.lines)[0], want) {
		t.Errorf("got %q and %q, want %s", got, *other.lines, want)
	}
}

// A282. A level that is off costs no formatting, and fields and errors are on the line.
func TestA282_HelperLevelsAndFields(t *testing.T) {
	var out bytes.Buffer
	for _, l := range []logger.Logger{quiet(&out, logger.WithLevel(logger.WarnLevel)), newForeign(logger.WarnLevel)} {
		logger.NewHelper(l).Infof("%v", untouchable{t})
	}
	if out.Len() != 0 {
		t.Errorf("got %q", out.String())
	}
	logger.NewHelper(quiet(&out)).WithFields(map[string]any{"order": 7}).WithError(errors.New("no stock")).Warn("refused")
	if want := "error=no stock file="; !strings.Contains(out.String(), want) || !strings.HasSuffix(out.String(), "level=warn order=7 refused\n") {
		t.Errorf("got %q", out.String())
	}
}

// untouchable fails the test when it is formatted.
type untouchable struct{ t *testing.T }

func (u untouchable) String() string {
	u.t.Error("a line that is not written was formatted")
	return ""
}

func TestDefaultHelperFollowsDefaultLogger(t *testing.T) {
	var first, second bytes.Buffer
	useDefault(t, quiet(&first))
	helper := logger.NewHelper(nil)
	useDefault(t, quiet(&second))
	helper.Info("a")
	logger.DefaultHelper.Info("b")
	if first.Len() != 0 || strings.Count(second.String(), "\n") != 2 {
		t.Errorf("first %q, second %q", first.String(), second.String())
	}
	if logger.HelperOrDefault(helper) != helper {
		t.Error("HelperOrDefault changed a helper")
	}
}

func TestInjectAndExtract(t *testing.T) {
	var out bytes.Buffer
	ctx := logger.NewHelper(quiet(&out)).WithFields(map[string]any{"request": 9}).Inject(context.Background())
	logger.Extract(ctx).Info("a")
	if l, ok := logger.FromContext(ctx); !ok || l.Options().Fields["request"] != 9 || !strings.Contains(out.String(), "request=9") {
		t.Errorf("got %q", out.String())
	}
}

func TestDefaultLoggerIsConfigured(t *testing.T) {
	var out bytes.Buffer
	useDefault(t, logger.NewLogger(logger.WithLog(log.NewLog())))
	if err := logger.Init(logger.WithOutput(&out), logger.WithFields(map[string]any{"zone": 1})); err != nil {
		t.Fatal(err)
	}
	logger.Fields(map[string]any{"a": 2}).Log(logger.InfoLevel, "x")
	if got := out.String(); !strings.Contains(got, "a=2 file=") || !strings.HasSuffix(got, "level=info zone=1 x\n") || logger.String() != "default" {
		t.Errorf("got %q of %q", got, logger.String())
	}
}

// Fatal ends the process even where the logger does not.
func TestHelperFatalEndsTheProcess(t *testing.T) {
	switch os.Getenv("LOGGER_TEST_FATAL") {
	case "helper":
		logger.NewHelper(newForeign(logger.InfoLevel)).Fatal("over")
		return
	case "function":
		logger.Fatalf("%s", "over")
		return
	}
	for role, want := range map[string]string{"helper": "", "function": "level=fatal over"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperFatalEndsTheProcess$")
		cmd.Env = append(os.Environ(), "LOGGER_TEST_FATAL="+role)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), want) || strings.Contains(string(out), "PASS") {
			t.Errorf("%s: %v, output %q", role, err, out)
		}
	}
}

func BenchmarkHelperOff(b *testing.B) {
	h := logger.NewHelper(logger.NewLogger(logger.WithOutput(new(bytes.Buffer)), logger.WithLog(log.NewLog())))
	for b.Loop() {
		h.Debugf("%s of %d", "call", 7)
	}
}
