package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/internal/termshot"
)

// The cells of the console, which are also the names of the probes among them.
const (
	FirstPaint = "console, exec to first paint"
	Event      = "console, registry event to bytes, 10,000 services"
	Frame      = "console, frame of 10,000 services, 200×50"
	Tail       = "console, tail of 100,000 messages a second"
	Still      = "console, nothing changes"
	idling     = "console, ten services refreshed each second"
)

// Refresh is the first argument of the screens' program that has it run services; a folder and their number follow.
const Refresh = "refresh"

func consoleCells() []Cell {
	return []Cell{
		{Name: FirstPaint, Visits: []Visit{{System: Console, Measure: paintConsole}, {System: Bare, Measure: paintBare}}},
		apart(Event, few, Screens),
		apart(Frame, few, Screens),
		apart(Tail, 1, Screens, BrokerAlone),
		apart(Still, 1, Screens),
		{Name: idling, Rounds: few, Visits: []Visit{{System: Console, Measure: idle}}},
	}
}

func consoleGoals() []Goal {
	goal := func(cell, system, figure, unit string, bounds ...Bound) Goal {
		return Goal{What: cell + ": " + figure, Cell: cell, System: system, Figure: figure, Unit: unit, Bounds: bounds}
	}
	return []Goal{
		goal(FirstPaint, Console, P50, "µs", atMost(1.2, Bare)),
		goal(Event, Screens, P50, "µs", most(15_000)), goal(Event, Screens, P99, "µs", most(25_000)),
		goal(Frame, Screens, P99, "µs", most(300)), goal(Frame, Screens, Allocs, "", most(200)),
		goal(Frame, Screens, Filter, "ms", most(10)), goal(Frame, Screens, Sort, "ms", most(10)),
		goal(Tail, Screens, Core, "%", atMostMore(20, BrokerAlone)),
		goal(Tail, Screens, Resident, "MB", most(64)), goal(Tail, Screens, Grown, "MB", most(4)),
		goal(Tail, Screens, Lost, "", most(0)), goal(Tail, Screens, Key, "ms", most(50)),
		goal(idling, Console, Core, "%", most(1)), goal(Still, Screens, Written, "B", most(0)),
	}
}

const (
	columns, lines = 120, 36
	// starts is how often a visit starts a program.
	starts = 4
)

// place is a folder for a program that is run in a terminal, with a registry in it.
type place string

func newPlace() (place, func(), error) {
	dir, err := os.MkdirTemp("", "bench-console")
	return place(dir), func() { _ = os.RemoveAll(dir) }, err
}

func (p place) registry() string { return filepath.Join(string(p), "registry") }

// open starts a program in a terminal.
func (p place) open(ctx context.Context, path string, args ...string) (*termshot.Session, error) {
	return termshot.Start(ctx, termshot.Command{
		Path: path, Args: args, Dir: string(p), Width: columns, Height: lines,
		Env: []string{"HOME=" + string(p), "XDG_RUNTIME_DIR=" + string(p), "PATH=" + os.Getenv("PATH")},
	})
}

// console starts the console on the place's registry.
func (p place) console(ctx context.Context, path string) (*termshot.Session, error) {
	return p.open(ctx, path, "--registry", "file", "--registry-address", p.registry())
}

func paintConsole(ctx context.Context, f *fleet, _ Pace) (Figures, error) {
	return paints(func(p place) (*termshot.Session, error) { return p.console(ctx, f.programs.Console) })
}

func paintBare(ctx context.Context, f *fleet, _ Pace) (Figures, error) {
	return paints(func(p place) (*termshot.Session, error) { return p.open(ctx, f.programs.Bare) })
}

// paints starts a program some times and returns the median until something is on the screen.
func paints(open func(place) (*termshot.Session, error)) (Figures, error) {
	p, remove, err := newPlace()
	defer remove()
	if err != nil {
		return nil, err
	}
	var took []time.Duration
	for range starts {
		begin := time.Now()
		s, err := open(p)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err = s.WaitFor(ctx, func(screen string) bool { return strings.TrimSpace(screen) != "" })
		took = append(took, time.Since(begin))
		cancel()
		if err := errors.Join(err, s.Close()); err != nil {
			return nil, err
		}
	}
	slices.Sort(took)
	return Figures{P50: micros(percentile(took, 50))}, nil
}

// idle watches the console while ten services refresh their registration each second, and while it
// probes them each second.
func idle(ctx context.Context, f *fleet, p Pace) (Figures, error) {
	const services = 10
	at, remove, err := newPlace()
	defer remove()
	if err != nil {
		return nil, err
	}
	stop, err := refreshed(ctx, f.programs, at.registry(), services)
	if err != nil {
		return nil, err
	}
	defer stop()
	s, err := at.console(ctx, f.programs.Console)
	if err != nil {
		return nil, err
	}
	defer s.Close() //nolint:errcheck // the figures are there by then
	up, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.WaitFor(up, func(screen string) bool { return strings.Count(screen, "●") >= services }); err != nil {
		return nil, fmt.Errorf("wait for ten healthy services: %w", err)
	}
	settle, span := 2*time.Second, 5*time.Second
	if p.Long {
		span = time.Minute
	}
	rest(settle)
	before, err := processorTime(s.Pid())
	if err != nil {
		return nil, err
	}
	begin, wrote := time.Now(), s.Written()
	rest(span)
	after, err := processorTime(s.Pid())
	took := time.Since(begin).Seconds()
	return Figures{Core: 100 * (after - before).Seconds() / took, Written: float64(s.Written()-wrote) / took}, err
}

// refreshed has so many services run in a process of their own, until stop is called or ctx ends. Here they would put
// this framework into the program that go-micro v4 is measured in, and two packages register the same protobuf file.
func refreshed(ctx context.Context, programs Programs, dir string, services int) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, programs.Screens, Refresh, dir, strconv.Itoa(services)) //nolint:gosec // a program of our own
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	return func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}, nil
}
