package logger_test

import (
	"testing"

	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/logger/loggertest"
)

func TestA280_Conformance(t *testing.T) {
	loggertest.Run(t, func(_ *testing.T, opts ...logger.Option) logger.Logger { return logger.NewLogger(opts...) })
}
