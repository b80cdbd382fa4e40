package logrus_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/logger/loggertest"
	front "github.com/microtop/microtop/framework/logger/logrus"
)

func TestConformance(t *testing.T) {
	for name, more := range map[string][]logger.Option{
		"text": nil, "json": {front.WithJSONFormatter(&logrus.JSONFormatter{})},
		"colours": {front.WithTextTextFormatter(&logrus.TextFormatter{ForceColors: true, DisableLevelTruncation: true, DisableQuote: true})},
	} {
		t.Run(name, func(t *testing.T) {
			loggertest.Run(t, func(_ *testing.T, opts ...logger.Option) logger.Logger {
				return front.NewLogger(append(more, opts...)...)
			})
		})
	}
}

func TestA283_LogrusIntoAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "service.log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	l := front.NewLogger(logger.WithOutput(file), logger.WithLog(log.NewLog())).Fields(map[string]any{"service": "greeter", "replica": 2})
	l.Log(logger.InfoLevel, "ready")
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "level=info msg=ready") || !strings.Contains(string(text), "replica=2 service=greeter") || l.String() != "logrus" {
		t.Errorf("%s: %q, %v", l, text, err)
	}
}

type counter struct{ n int }

func (c *counter) Levels() []logrus.Level   { return logrus.AllLevels }
func (c *counter) Fire(*logrus.Entry) error { c.n++; return nil }

func TestHooksAndJSON(t *testing.T) {
	var out bytes.Buffer
	hook := new(counter)
	hooks := logrus.LevelHooks{}
	hooks.Add(hook)
	l := front.NewLogger(logger.WithOutput(&out), logger.WithLog(log.NewLog()), front.WithJSONFormatter(&logrus.JSONFormatter{}), front.WithLevelHooks(hooks))
	l.Fields(map[string]any{"order": 7}).Log(logger.ErrorLevel, "refused")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["order"] != 7.0 || line["level"] != "error" || hook.n != 1 {
		t.Errorf("%s: %v; the hook saw %d lines", out.String(), err, hook.n)
	}
}

func TestALoggerOfTheProgramsOwn(t *testing.T) {
	var out bytes.Buffer
	own := logrus.New()
	own.SetOutput(&out)
	own.ExitFunc = func(int) { t.Error("logrus ended the process by itself") }
	ended := 0
	l := front.NewLogger(front.WithLogger(own), logger.WithLog(log.NewLog()), front.ExitFunc(func(int) { ended++ }))
	l.Log(logger.DebugLevel, "hidden")
	l.Log(logger.FatalLevel, "over")
	if strings.Contains(out.String(), "hidden") || !strings.Contains(out.String(), "level=fatal msg=over") || ended != 1 {
		t.Errorf("got %q, ended %d times", out.String(), ended)
	}
}

func Example() {
	plain := &logrus.TextFormatter{DisableTimestamp: true}
	l := front.NewLogger(logger.WithOutput(os.Stdout), front.WithTextTextFormatter(plain)).
		Fields(map[string]any{"service": "greeter", "file": "main.go:12"}) // without "file" it names the caller
	l.Log(logger.InfoLevel, "ready")
	fmt.Println(l)
	// Output:
	// level=info msg=ready file="main.go:12" service=greeter
	// logrus
}
