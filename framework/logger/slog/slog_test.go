package slog_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/logger/loggertest"
	front "github.com/microtop/microtop/framework/logger/slog"
)

func TestConformance(t *testing.T) {
	for name, more := range map[string][]logger.Option{"text": nil, "json": {front.WithJSON()}} {
		t.Run(name, func(t *testing.T) {
			loggertest.Run(t, func(_ *testing.T, opts ...logger.Option) logger.Logger {
				return front.NewLogger(append(more, opts...)...)
			})
		})
	}
}

func TestA282_JSONKeepsTypes(t *testing.T) {
	var out bytes.Buffer
	front.NewLogger(front.WithJSON(), logger.WithOutput(&out), logger.WithLog(log.NewLog())).
		Fields(map[string]any{"order": 7}).Log(logger.FatalLevel-1, "refused")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["order"] != 7.0 || line["level"] != "error" || line["msg"] != "refused" {
		t.Errorf("%s: %v", out.String(), err)
	}
}

func TestAHandlerDecidesToo(t *testing.T) {
	var out bytes.Buffer
	l := front.NewLogger(front.WithHandler(slog.NewTextHandler(&out, nil)), logger.WithLevel(logger.TraceLevel), logger.WithLog(log.NewLog()))
	l.Log(logger.DebugLevel, "hidden")
	l.Log(logger.WarnLevel, "shown")
	if strings.Contains(out.String(), "hidden") || !strings.Contains(out.String(), "level=WARN msg=shown") {
		t.Errorf("got %q", out.String())
	}
}

func Example() {
	plain := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "file" {
			return slog.Attr{} // differs from run to run
		}
		return a
	}})
	l := front.NewLogger(front.WithHandler(plain)).Fields(map[string]any{"service": "greeter"})
	l.Log(logger.InfoLevel, "ready")
	// Output: level=INFO msg=ready service=greeter
}
