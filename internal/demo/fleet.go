package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/runtime"
)

const (
	// restartDelay is how long a node that was killed stays away.
	restartDelay = 10 * time.Second
	// leaveTime is how long a node may take to leave before it is killed.
	leaveTime = 10 * time.Second
	// startTime is how long the fleet may take to come up.
	startTime = 30 * time.Second
)

// Config says how a fleet runs. The zero value is the demo as it is meant.
type Config struct {
	// Registry is "mdns", "file", or empty for mdns where multicast works and file where it does not.
	Registry, RegistryAddress string
	// LogDir takes the nodes' logs, and keeps them. Empty means a folder that is removed with the fleet.
	LogDir string
	// Out takes a line for each node that is up, and then one for the fleet. Nil discards them.
	Out io.Writer
	// Notes takes what else is to be told: the registry, where the logs are. Nil discards it.
	Notes io.Writer
	// Dir is the fleet's folder, one for each user; empty means the usual one. Two fleets with different folders
	// and registries do not get in each other's way.
	Dir string
	// Command is the program that plays a node, with its first arguments; empty means this program with NodeCommand.
	Command []string
	// RestartDelay is how long a node that was killed stays away. Default 10 s.
	RestartDelay time.Duration
}

func (c Config) withDefaults() (Config, error) {
	c.Dir = cmp.Or(c.Dir, placeDir())
	c.RestartDelay = cmp.Or(c.RestartDelay, restartDelay)
	if c.Out == nil {
		c.Out = io.Discard
	}
	if c.Notes == nil {
		c.Notes = io.Discard
	}
	if len(c.Command) == 0 {
		program, err := os.Executable()
		if err != nil {
			return c, fmt.Errorf("demo: find this program: %w", err)
		}
		c.Command = []string{program, NodeCommand}
	}
	return c, nil
}

// Fleet is a demo fleet that runs. Safe for concurrent use.
type Fleet struct {
	config   Config
	where    where
	place    *place
	registry registry.Registry
	runtime  runtime.Runtime
	logDir   string
	logs     []*logFile
	load     *load

	stopping sync.Mutex // one Stop at a time
	stopped  bool
}

// Run starts a fleet and stops it when ctx ends, or d after it was up; 0 means no such end.
func Run(ctx context.Context, config Config, d time.Duration) error {
	f, err := Start(ctx, config)
	if err != nil {
		return err
	}
	if d > 0 {
		_ = pause(ctx, d) // either end is the end
	} else {
		<-ctx.Done()
	}
	return f.Stop()
}

// Start brings the fleet up, and returns when all of it is in the registry. Ending ctx afterwards means nothing: the
// fleet runs until Stop, or until this process is gone. It gives ErrRunning while this user has another demo.
func Start(ctx context.Context, config Config) (*Fleet, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	p, err := take(ctx, config.Dir)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	f := &Fleet{config: config, place: p, runtime: runtime.NewRuntime(runtime.WithStopTimeout(leaveTime))}
	if err := f.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("demo: %w", err), f.Stop())
	}
	return f, nil
}

// Registry is where the fleet is registered: the registry's name and address.
func (f *Fleet) Registry() (name, address string) { return f.where.registry, f.where.address }

// Stop ends the customers and the nodes, which have ten seconds to finish what runs, and removes what the fleet left
// behind. It may be called more than once.
func (f *Fleet) Stop() error {
	f.stopping.Lock()
	defer f.stopping.Unlock()
	if f.stopped {
		return nil
	}
	f.stopped = true
	var failed []error
	if f.load != nil {
		failed = append(failed, f.load.stop())
	}
	failed = append(failed, f.runtime.Stop())
	if f.registry != nil {
		failed = append(failed, f.dismiss())
	}
	for _, log := range f.logs {
		failed = append(failed, log.Close())
	}
	failed = append(failed, f.place.leave())
	return errors.Join(failed...)
}

func (f *Fleet) start(ctx context.Context) error {
	asked := where{f.config.Registry, f.config.RegistryAddress}
	found, missing, err := choose(asked, func() error { return registry.MulticastAvailable(ctx) })
	if err != nil {
		return err
	}
	f.where = found
	if missing != nil {
		f.note("registry: file, in %s, because mdns does not work here: %v", found.address, missing)
	}
	f.logDir = cmp.Or(f.config.LogDir, f.place.logs())
	if err := os.MkdirAll(f.logDir, 0o700); err != nil {
		return fmt.Errorf("create the folder for logs: %w", err)
	}
	f.note("logs: %s", f.logDir)
	own, err := f.log("fleet")
	if err != nil {
		return err
	}
	log := logger.NewLogger(logger.WithOutput(own))
	f.registry = found.open(log)
	for _, p := range cast() {
		if err := f.create(p); err != nil {
			return err
		}
	}
	if err := f.runtime.Start(); err != nil {
		return err
	}
	if err := f.muster(ctx); err != nil {
		return err
	}
	f.load = startLoad(context.WithoutCancel(ctx), f.registry, log)
	return nil
}

// create hands a node to the runtime.
func (f *Fleet) create(p part) error {
	out, err := f.log(p.id)
	if err != nil {
		return err
	}
	node := nodeConfig{part: p, where: f.where, dir: f.place.dir, fleet: os.Getpid()}
	return f.runtime.Create(&runtime.Service{Name: p.id, Version: p.version},
		runtime.WithCommand(f.config.Command...),
		runtime.WithArgs(node.args()...),
		runtime.WithOutput(out),
		runtime.WithRetries(-1),
		runtime.WithRestartDelay(cmp.Or(p.away, f.config.RestartDelay)),
	)
}

// log makes a log file, which Stop closes.
func (f *Fleet) log(name string) (*logFile, error) {
	file, err := createLog(filepath.Join(f.logDir, name+".log"), logFileBytes)
	if err != nil {
		return nil, err
	}
	f.logs = append(f.logs, file)
	return file, nil
}

func (f *Fleet) note(format string, args ...any) {
	_, _ = fmt.Fprintf(f.config.Notes, format+"\n", args...) // a reader that is gone misses nothing
}
