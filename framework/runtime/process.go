package runtime

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// Restart pauses without a RestartDelay double from the first to the last.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 30 * time.Second
	// steady is how long a service must have run for its earlier failures to be forgotten.
	steady = time.Minute
)

// process is one service and the goroutine that keeps its operating system process alive.
type process struct {
	service Service
	options CreateOptions
	timeout time.Duration
	output  *output

	lifecycle sync.Mutex // one start or stop at a time
	build     *build     // nil for a command, and while stopped; guarded by lifecycle

	mu       sync.Mutex
	retired  bool               // deleted: it never starts again
	giveUp   context.CancelFunc // ends the build under way; nil without one
	status   string
	err      error
	pid      int
	restarts int
	since    time.Time
	quit     chan context.Context // asks the keeper to end, and to kill once the context has ended; nil while not started
	done     chan struct{}        // closed by the keeper at its end
}

func newProcess(s Service, options CreateOptions, runtime Options) *process {
	s.Metadata = maps.Clone(s.Metadata)
	return &process{service: s, options: options, timeout: runtime.StopTimeout, output: newOutput(options.Output), status: "stopped"}
}

// start builds the process if it has no command, launches it and its keeper, if it may. Starting a started one does
// nothing. The end of ctx ends the build.
func (p *process) start(ctx context.Context, may func() bool) error {
	p.lifecycle.Lock()
	defer p.lifecycle.Unlock()
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	// A stop that comes from here on either finds the build to end, or has been seen by what follows.
	if p.begin(giveUp) {
		return notFound(&p.service)
	}
	defer p.begin(nil)
	if !may() {
		return nil
	}
	if p.quit != nil {
		select {
		case <-p.done:
		default:
			return nil
		}
	}
	if err := p.prepare(ctx); err != nil {
		p.set("error", err, 0)
		return fmt.Errorf("runtime: build %s: %w", p.service.Name, err)
	}
	running, err := p.launch()
	if err != nil {
		return err
	}
	p.quit, p.done = make(chan context.Context, 1), make(chan struct{})
	go p.keep(running, p.quit, p.done) //nolint:contextcheck // lives until stop, whose context it gets
	return nil
}

// begin notes what ends the start under way, and says whether the service was deleted.
func (p *process) begin(giveUp context.CancelFunc) (retired bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.giveUp = giveUp
	return p.retired
}

// prepare builds the program of a service without a command.
func (p *process) prepare(ctx context.Context) (err error) {
	p.build.remove()
	p.build = nil
	if len(p.options.Command) > 0 {
		return nil
	}
	p.set("building", nil, 0)
	p.build, err = makeProgram(ctx, p.service.Source, p.output)
	return err
}

// stop ends the process, or its build, and waits for its keeper; after the last stop it never starts again. A process that does not end
// in time, or before ctx does, is killed.
func (p *process) stop(ctx context.Context, last bool) error {
	p.mu.Lock()
	p.retired = p.retired || last
	if p.giveUp != nil {
		p.giveUp()
	}
	p.mu.Unlock()
	p.lifecycle.Lock()
	defer p.lifecycle.Unlock()
	defer func() {
		p.build.remove()
		p.build = nil
	}()
	if p.quit == nil {
		return nil
	}
	p.quit <- ctx
	<-p.done
	p.quit = nil
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status != "killed" {
		return nil
	}
	if err := ended(ctx); err != nil {
		return fmt.Errorf("runtime: stop %s: still running, killed: %w", p.service.Name, err)
	}
	return fmt.Errorf("runtime: stop %s: still running %v after SIGTERM, killed", p.service.Name, p.timeout)
}

// running is one operating system process.
type running struct {
	cmd      *exec.Cmd
	lifeline io.Closer     // its standard input
	exited   chan struct{} // closed once it ended; err is set then
	err      error
}

func (p *process) launch() (*running, error) {
	command, dir := p.options.Command, p.service.Source
	if p.build != nil {
		command, dir = []string{p.build.program}, p.build.dir
	}
	args := append(append([]string(nil), command[1:]...), p.options.Args...)
	cmd := exec.Command(command[0], args...) //nolint:gosec,noctx // running commands is a runtime's work; the keeper ends them
	cmd.Env = append(os.Environ(), p.options.Env...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = p.output, p.output
	separate(cmd)
	cmd.WaitDelay = time.Second // a grandchild that kept the output open does not hold Wait
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("runtime: start %s: %w", p.service.Name, err)
	}
	if err := cmd.Start(); err != nil {
		p.set("error", fmt.Errorf("start %s: %w", command[0], err), 0)
		return nil, fmt.Errorf("runtime: start %s: %w", p.service.Name, err)
	}
	p.set("running", nil, cmd.Process.Pid)
	r := &running{cmd: cmd, lifeline: lifeline, exited: make(chan struct{})}
	go func() { // ends with the process, which the keeper awaits
		defer close(r.exited)
		r.err = cmd.Wait()
	}()
	return r, nil
}

// keep restarts the process as often as its options allow, until quit asks it to end.
func (p *process) keep(r *running, quit chan context.Context, done chan struct{}) {
	defer close(done)
	for attempt := 0; ; attempt++ {
		begun := time.Now()
		if r != nil {
			select {
			case ctx := <-quit:
				p.end(ctx, r)
				return
			case <-r.exited:
				p.reap(r)
				p.set(exitStatus(r.err), r.err, 0)
				if r.err == nil {
					return // it ended by itself and in good order
				}
				if time.Since(begun) >= steady {
					attempt = 0
				}
			}
		}
		if p.options.Retries >= 0 && attempt >= p.options.Retries {
			return
		}
		pause := time.NewTimer(p.pause(attempt))
		select {
		case <-quit:
			pause.Stop()
			p.set("stopped", nil, 0)
			return
		case <-pause.C:
		}
		p.mu.Lock()
		p.restarts++
		p.mu.Unlock()
		r, _ = p.launch() // a failed launch is in the status, and counts as an attempt
	}
}

func exitStatus(err error) string {
	if err == nil {
		return "exited"
	}
	return "error"
}

func (p *process) pause(attempt int) time.Duration {
	if p.options.RestartDelay > 0 {
		return p.options.RestartDelay
	}
	return min(lastPause, firstPause<<min(attempt, 16))
}

// end asks the process group to end, and kills it when the time is up or ctx has ended.
func (p *process) end(ctx context.Context, r *running) {
	_ = r.lifeline.Close() // the service may watch its input instead of signals
	ask(r.cmd)
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	status := "stopped"
	select {
	case <-r.exited:
	case <-ctx.Done():
		status = "killed"
		kill(r.cmd)
		<-r.exited
	}
	p.reap(r)
	p.set(status, nil, 0)
}

// reap kills what the process left in its group.
func (p *process) reap(r *running) {
	_ = r.lifeline.Close()
	kill(r.cmd)
}

func (p *process) set(status string, err error, pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.err, p.pid, p.since = status, err, pid, time.Now()
}

// snapshot returns the service with its state as metadata.
func (p *process) snapshot() *Service {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.service
	out.Metadata = maps.Clone(p.service.Metadata)
	if out.Metadata == nil {
		out.Metadata = map[string]string{}
	}
	out.Metadata["namespace"] = p.options.Namespace
	for key, value := range map[string]string{"type": p.options.Type, "image": p.options.Image} {
		if value != "" {
			out.Metadata[key] = value
		}
	}
	out.Metadata["status"] = p.status
	out.Metadata["restarts"] = strconv.Itoa(p.restarts)
	if p.pid != 0 {
		out.Metadata["pid"] = strconv.Itoa(p.pid)
	}
	if !p.since.IsZero() {
		out.Metadata["since"] = p.since.UTC().Format(time.RFC3339)
	}
	if p.err != nil {
		out.Metadata["error"] = p.err.Error()
	}
	return &out
}
