package logger_test

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/microtop/microtop/framework/logger"
)

func ExampleHelper() {
	plain := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: repeatable})
	l := logger.NewLogger(logger.WithHandler(plain)) // without WithHandler: v4's line form on standard output
	log := logger.NewHelper(l).WithFields(map[string]any{"order": 42})

	log.Infof("accepted, %d items", 3)
	log.WithError(errors.New("card refused")).Warn("not paid")
	log.Debug("not shown: the level is info")

	// A handler further down finds the logger, fields and all, in its context.
	ctx := log.Inject(context.Background())
	logger.Extract(ctx).Error("given up")
	// Output:
	// level=INFO msg="accepted, 3 items" order=42
	// level=WARN msg="not paid" error="card refused" order=42
	// level=ERROR msg="given up" order=42
}

// repeatable leaves out what differs from run to run.
func repeatable(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Key == "file" {
		return slog.Attr{}
	}
	return a
}
