package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
)

// profilesEnv names the folder that children write their CPU profiles to; without it they make none.
const profilesEnv = "MICROTOP_BENCH_PROFILES"

// profile is the CPU profile of a child's life, from its first load or its serving on.
type profile struct{ file *os.File }

// start starts it, once, if it is wanted.
func (p *profile) start(system, end string) error {
	dir := os.Getenv(profilesEnv)
	if dir == "" || p.file != nil {
		return nil
	}
	name := strings.ReplaceAll(system+" "+end, "/", "-") + ".pprof"
	f, err := os.Create(filepath.Join(dir, name)) //nolint:gosec // the user named the folder
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(fmt.Errorf("profile: %w", err), f.Close())
	}
	p.file = f
	return nil
}

// stop writes it.
func (p *profile) stop() {
	if p.file == nil {
		return
	}
	pprof.StopCPUProfile()
	_ = p.file.Close() // a profile that is cut short says so when it is read
}
