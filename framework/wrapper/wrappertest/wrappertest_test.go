package wrappertest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The contract holds for what is not wrapped at all, so that a wrapper that breaks it is to blame.
func TestConformance(t *testing.T) {
	wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers { return wrappertest.Wrappers{} })
}
