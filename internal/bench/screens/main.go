// Command screens runs screens of the console, as its parent says (internal/bench).
package main

import (
	"os"

	"github.com/microtop/microtop/internal/bench"
)

func main() {
	_ = os.Setenv("TERM", "xterm-256color") // cannot fail: the name is valid
	_ = os.Unsetenv("NO_COLOR")
	p := bench.Program{Probes: map[string]bench.Probe{
		bench.Event: probeEvent, bench.Frame: probeFrame, bench.Tail: probeTail, bench.Still: probeStill,
	}}
	os.Exit(p.Main())
}
