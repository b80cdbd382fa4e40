package runtimetest

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/runtime"
)

func logsKept(s *suite) {
	s.start()
	service := s.serve(shop("1"))
	s.eventually("its line is printed", func() bool { return len(s.printed(service)) == 1 })
	if lines := s.printed(service); lines[0] == "" {
		s.Error("the line is empty")
	}
}

func logsCount(s *suite) {
	s.start()
	service := s.create(shop("1"), s.programs.Fail, runtime.WithRetries(2), runtime.WithRestartDelay(time.Millisecond))
	s.eventually("three starts printed a line each", func() bool { return len(s.printed(service)) == 3 })
	if lines := s.printed(service, runtime.LogsCount(2)); !slices.Equal(lines, s.printed(service)[1:]) {
		s.Errorf("lines %q, want the last 2 of %q", lines, s.printed(service))
	}
}

func logsStream(s *suite) {
	service := s.serve(shop("1"))
	logs, err := s.runtime.Logs(service, runtime.LogsStream(true))
	if err != nil {
		s.Fatalf("Logs: %v", err)
	}
	defer func() {
		if err := logs.Stop(); err != nil {
			s.Errorf("Stop: %v", err)
		}
	}()
	s.start()
	if _, more := s.line(logs); !more {
		s.Fatal("the stream ended before the service printed")
	}
	if err := s.runtime.Update(service); err != nil {
		s.Fatalf("Update: %v", err)
	}
	if _, more := s.line(logs); !more {
		s.Fatal("the stream ended when the service was started again")
	}
}

func logsStop(s *suite) {
	service := s.serve(shop("1"))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopped, err := s.runtime.Logs(service, runtime.LogsStream(true))
	if err != nil {
		s.Fatalf("Logs: %v", err)
	}
	bounded, err := s.runtime.Logs(service, runtime.LogsStream(true), runtime.LogsContext(ctx))
	if err != nil {
		s.Fatalf("Logs: %v", err)
	}
	if err := stopped.Stop(); err != nil {
		s.Errorf("Stop: %v", err)
	}
	cancel()
	for name, logs := range map[string]runtime.LogStream{"stopped": stopped, "of an ended context": bounded} {
		if line, more := s.line(logs); more {
			s.Errorf("the stream %s gave %q, want the end", name, line)
		}
		if err := logs.Stop(); err != nil {
			s.Errorf("Stop of the stream %s: %v", name, err)
		}
	}
}

// buffer may be written and read at once.
type buffer struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

func output(s *suite) {
	s.start()
	out := new(buffer)
	service := s.serve(shop("1"), runtime.WithOutput(out))
	s.eventually("its line is printed", func() bool { return len(s.printed(service)) == 1 })
	if want := s.printed(service)[0] + "\n"; out.String() != want {
		s.Errorf("the output has %q, want %q", out.String(), want)
	}
}

func retries(s *suite) {
	s.start()
	service := s.create(shop("1"), s.programs.Fail, runtime.WithRetries(2), runtime.WithRestartDelay(time.Millisecond))
	s.eventually("it gave up", func() bool {
		now := s.read()[0].Metadata
		return len(s.printed(service)) == 3 && now["restarts"] == "2" && now["status"] == "error" && now["error"] != ""
	})
	for until := time.Now().Add(quiet); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if lines := s.printed(service); len(lines) != 3 {
			s.Fatalf("it printed %q, want a line of each of 3 starts", lines)
		}
	}
}

// quiet is how long a service that gave up is looked at: a start takes less.
const quiet = 200 * time.Millisecond

func stops(s *suite) {
	s.start()
	first, second := s.serve(shop("1")), s.serve(shop("2"))
	s.wantStatus(first, "running")
	s.wantStatus(second, "running")
	for range 2 {
		if err := s.runtime.Stop(); err != nil {
			s.Errorf("Stop: %v", err)
		}
	}
	for _, service := range []*runtime.Service{first, second} {
		if got := s.status(service); got != "stopped" {
			s.Errorf("status %q of %s after Stop, want stopped", got, service.Version)
		}
	}
}

func again(s *suite) {
	service := s.serve(shop("1"))
	for n := range 2 {
		s.start()
		s.eventually("it prints its line", func() bool { return len(s.printed(service)) == n+1 })
		s.wantStatus(service, "running")
		if err := s.runtime.Stop(); err != nil {
			s.Fatalf("Stop: %v", err)
		}
	}
}
