package logger_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/logger"
)

// A281. Time, level, fields and message, in v4's form.
func TestA281_LineForm(t *testing.T) {
	var out bytes.Buffer
	kept := log.NewLog()
	l := logger.NewLogger(logger.WithOutput(&out), logger.WithFields(map[string]any{"zone": 1}), logger.WithLog(kept))
	l.Fields(map[string]any{"a": "b"}).Logf(logger.InfoLevel, "hello %s\nforged line", "you")
	l.Log(logger.DebugLevel, "not shown")

	want := regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  a=b file=logger/logger_test\.go:\d+ level=info zone=1 hello you\\nforged line\n$`)
	if !want.MatchString(out.String()) {
		t.Errorf("got %q", out.String())
	}
	records, _ := kept.Read()
	if len(records) != 1 || records[0].Metadata["a"] != "b" {
		t.Errorf("kept %v", records)
	}
}

func TestA281_StandardOutputIsTheDefault(t *testing.T) {
	if out := logger.NewLogger().Options().Out; out != os.Stdout {
		t.Errorf("lines go to %v", out)
	}
}

func TestFieldsLeaveTheReceiverAlone(t *testing.T) {
	var out bytes.Buffer
	l := logger.NewLogger(logger.WithOutput(&out), logger.WithLog(log.NewLog()))
	l.Fields(map[string]any{"a": 1})
	l.Log(logger.InfoLevel, "x")
	if strings.Contains(out.String(), "a=1") {
		t.Errorf("got %q", out.String())
	}
}

func TestLevels(t *testing.T) {
	for name, want := range map[string]logger.Level{"trace": logger.TraceLevel, "INFO": logger.InfoLevel, "fatal": logger.FatalLevel} {
		got, err := logger.GetLevel(name)
		if err != nil || got != want || got.String() != strings.ToLower(name) {
			t.Errorf("GetLevel(%q) = %v, %v", name, got, err)
		}
	}
	if _, err := logger.GetLevel("loud"); err == nil || !strings.Contains(err.Error(), "warn") {
		t.Errorf("an unknown level's error must list the known ones: %v", err)
	}
	if logger.InfoLevel.Enabled(logger.DebugLevel) || !logger.InfoLevel.Enabled(logger.ErrorLevel) {
		t.Error("Enabled is the wrong way round")
	}
}

func TestSlogBothWays(t *testing.T) {
	var out bytes.Buffer
	kept := log.NewLog()
	handler := slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo})
	l := logger.NewLogger(logger.WithHandler(handler), logger.WithLog(kept))

	logger.Slog(l).With("registry", "mdns").WithGroup("node").Warn("gone", "id", 7)
	logger.Slog(l).Debug("hidden")
	for _, want := range []string{"level=WARN", "msg=gone", "registry=mdns", "node.id=7"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
	if strings.Contains(out.String(), "hidden") {
		t.Errorf("got %q", out.String())
	}
}

func TestFatalEndsTheProcess(t *testing.T) {
	if os.Getenv("LOGGER_TEST_FATAL") != "" {
		logger.NewLogger().Log(logger.FatalLevel, "over")
		return
	}
	cmd := exec.CommandContext(context.Background(), os.Args[0], "-test.run=^TestFatalEndsTheProcess$")
	cmd.Env = append(os.Environ(), "LOGGER_TEST_FATAL=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "level=fatal over") {
		t.Errorf("err %v, output %q", err, out)
	}
}

// C-01. Lines quote what peers send, and are read on terminals.
func TestNoLineSteersATerminal(t *testing.T) {
	for message, want := range map[string]string{
		"\x1b]0;owned\a\x1b[2J": `\x1b]0;owned\x07\x1b[2J`,
		"a\nb\r\x7f":            `a\nb\r\x7f`,
		"csi \u009b31m":         `csi \u009b31m`,
		"raw \x9b31m":           `raw \x9b31m`,
		"tab\tü \uFFFD 漢":       "tab\tü \uFFFD 漢",
		"ends in breaks\r\n":    "ends in breaks",
	} {
		var out bytes.Buffer
		logger.NewLogger(logger.WithOutput(&out), logger.WithLog(log.NewLog())).Log(logger.InfoLevel, message)
		if got := out.String(); !strings.HasSuffix(got, "level=info "+want+"\n") {
			t.Errorf("%q was printed as %q", message, got)
		}
	}
}
