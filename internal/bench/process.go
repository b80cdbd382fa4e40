package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is a child as its parent sees it. It takes one command at a time.
type process struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  io.Closer
	to   *json.Encoder
	from *json.Decoder
	said *tail
}

// start starts a child of the program at a path, with more in its environment.
func start(ctx context.Context, path string, env ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, path), said: new(tail)}
	p.cmd.Env = append(os.Environ(), env...)
	var err error
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = p.said, p.said, 5*time.Second
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, answers, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer answers.Close()
	p.cmd.ExtraFiles = []*os.File{answers} // what a system logs must not come between
	p.out, p.to, p.from = out, json.NewEncoder(p.in), json.NewDecoder(out)
	if err := p.cmd.Start(); err != nil {
		_ = out.Close()
		return nil, fmt.Errorf("start a child: %w", err)
	}
	return p, nil
}

// ask has the child do something and returns its answer.
func (p *process) ask(do command) (answer, error) {
	var a answer
	if err := p.to.Encode(do); err != nil {
		return a, fmt.Errorf("%s: the child is gone: %w\n%s", do.Do, err, p.said)
	}
	if err := p.from.Decode(&a); err != nil {
		return a, fmt.Errorf("%s: the child did not answer: %w\n%s", do.Do, err, p.said)
	}
	if a.Err != "" {
		return a, errors.New(a.Err)
	}
	return a, nil
}

// patience is how long a child may take to end by itself.
const patience = 10 * time.Second

// end has the child end, and waits for it.
func (p *process) end() {
	_ = p.in.Close() // the child sees the end of its commands
	kill := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	_ = p.cmd.Wait() // whatever the measurement was, it is over
	_ = p.out.Close()
}

// tail keeps the end of what a child said.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const longestTail = 4096

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - longestTail; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// String returns it.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
