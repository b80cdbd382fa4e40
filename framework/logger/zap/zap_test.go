package zap_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/logger/loggertest"
	front "github.com/microtop/microtop/framework/logger/zap"
)

func open(t *testing.T, opts ...logger.Option) logger.Logger {
	t.Helper()
	l, err := front.NewLogger(opts...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func console() zap.Config {
	config := zap.NewDevelopmentConfig()
	config.Level = zap.NewAtomicLevelAt(zapcore.DebugLevel - 1)
	return config
}

func TestConformance(t *testing.T) {
	for name, more := range map[string][]logger.Option{"json": nil, "console": {front.WithConfig(console())}} {
		t.Run(name, func(t *testing.T) {
			loggertest.Run(t, func(t *testing.T, opts ...logger.Option) logger.Logger { return open(t, append(more, opts...)...) })
		})
	}
}

func TestA282_TypesNamespaceAndHooks(t *testing.T) {
	var out bytes.Buffer
	seen := 0
	hook := zap.Hooks(func(zapcore.Entry) error { seen++; return nil })
	l := open(t, logger.WithOutput(&out), logger.WithLog(log.NewLog()), front.WithNamespace("shop"), front.WithOptions(hook))
	l.Fields(map[string]any{"order": 7}).Log(logger.ErrorLevel, "refused")
	var line struct {
		Level, Msg string
		Shop       map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Level != "error" || line.Shop["order"] != 7.0 || seen != 1 {
		t.Errorf("%s: %v; the hook saw %d lines", out.String(), err, seen)
	}
}

func TestAnUnknownEncodingIsRefused(t *testing.T) {
	config := zap.NewProductionConfig()
	config.Encoding = "xml"
	if _, err := front.NewLogger(front.WithConfig(config)); err == nil || !strings.Contains(err.Error(), "json or console") {
		t.Errorf("got %v", err)
	}
	l := open(t, logger.WithLog(log.NewLog()))
	var out bytes.Buffer
	if err := l.Init(logger.WithOutput(&out)); err != nil {
		t.Fatal(err)
	}
	if err := l.Init(front.WithConfig(config)); err == nil {
		t.Error("accepted by Init")
	}
	if l.Log(logger.InfoLevel, "still here"); !strings.Contains(out.String(), "still here") {
		t.Errorf("after a refused Init: %q", out.String())
	}
}

func Example() {
	form := zapcore.EncoderConfig{MessageKey: "msg", LevelKey: "level", EncodeLevel: zapcore.LowercaseLevelEncoder}
	l, err := front.NewLogger(logger.WithOutput(os.Stdout), front.WithEncoderConfig(form), logger.WithFields(map[string]any{"file": "main.go:12"}))
	if err != nil {
		panic(err)
	}
	l.Fields(map[string]any{"service": "greeter"}).Log(logger.InfoLevel, "ready")
	// Output: {"level":"info","msg":"ready","file":"main.go:12","service":"greeter"}
}
