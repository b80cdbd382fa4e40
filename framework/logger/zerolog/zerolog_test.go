package zerolog_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/logger/loggertest"
	front "github.com/microtop/microtop/framework/logger/zerolog"
)

func TestConformance(t *testing.T) {
	for name, more := range map[string][]logger.Option{"production": nil, "development": {front.WithDevelopmentMode()}} {
		t.Run(name, func(t *testing.T) {
			loggertest.Run(t, func(_ *testing.T, opts ...logger.Option) logger.Logger {
				return front.NewLogger(append(more, opts...)...)
			})
		})
	}
}

func TestA282_TypesTimeAndHooks(t *testing.T) {
	var out bytes.Buffer
	hook := zerolog.HookFunc(func(e *zerolog.Event, _ zerolog.Level, _ string) { e.Bool("hooked", true) })
	l := front.NewLogger(logger.WithOutput(&out), logger.WithLog(log.NewLog()), front.WithTimeFormat(time.Kitchen), front.WithHooks([]zerolog.Hook{hook}))
	l.Fields(map[string]any{"order": 7, "after": 2 * time.Second}).Log(logger.ErrorLevel, "refused")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["order"] != 7.0 || line["level"] != "error" || line["after"] != "2s" || line["hooked"] != true {
		t.Errorf("got %s", out.String())
	}
	if text, _ := line["time"].(string); len(text) == 0 || text[len(text)-1] != 'M' {
		t.Errorf("time %v is not in the layout asked for", line["time"])
	}
}

func Example() {
	l := front.NewLogger(logger.WithOutput(os.Stdout), front.WithTimeFormat("today")).
		Fields(map[string]any{"service": "greeter", "file": "main.go:12"}) // without "file" it names the caller
	l.Log(logger.InfoLevel, "ready")
	// Output: {"level":"info","time":"today","file":"main.go:12","service":"greeter","message":"ready"}
}
