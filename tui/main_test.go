package tui_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/guard"
	"github.com/microtop/microtop/tui/theme"
)

// The test binary is also a console in a real terminal, for the tests of Run.
func TestMain(m *testing.M) {
	if os.Getenv("TUI_RUN") != "" {
		os.Exit(console())
	}
	goleak.VerifyTestMain(m)
}

func console() int {
	feed := tui.NewFeed[string](10)
	feed.Push("apple")
	cfg := fruitConfig(context.Background(), feed)
	th, err := theme.FromEnv("", false, os.Getenv)
	if err == nil {
		cfg.Theme = th
		err = tui.Run(context.Background(), cfg)
	}
	if err != nil {
		fmt.Println(err)
	}
	return guard.Code(err)
}
