// Command screens runs screens of the console, as its parent says (internal/bench).
package main

import (
	"fmt"
	"os"

	"github.com/microtop/microtop/internal/bench"
)

func main() {
	_ = os.Setenv("TERM", "xterm-256color") // cannot fail: the name is valid
	_ = os.Unsetenv("NO_COLOR")
	if len(os.Args) > 1 && os.Args[1] == bench.Refresh {
		fmt.Fprintln(os.Stderr, refresh(os.Args[2:]))
		os.Exit(1)
	}
	p := bench.Program{Probes: map[string]bench.Probe{
		bench.Event: probeEvent, bench.Frame: probeFrame, bench.Tail: probeTail, bench.Still: probeStill,
	}}
	os.Exit(p.Main())
}
