package configtest

import (
	"fmt"

	"github.com/microtop/microtop/framework/config/source/memory"
)

func watched(s *suite) {
	c, sources := s.with(`{"db":{"port":0}}`)
	w := s.watch(c, "db", "port")
	for n := 1; n <= 200; n++ {
		s.write(sources[0], fmt.Sprintf(`{"db":{"port":%d}}`, n))
		if got := s.next(w); got.err != nil || got.value != fmt.Sprint(n) {
			s.Fatalf("Next = %q, %v, want %d", got.value, got.err, n)
		}
		if now := c.Get("db", "port").Int(0); now != n {
			s.Errorf("the config has %d when its watcher tells %d", now, n)
		}
	}
}

func beside(s *suite) {
	c, sources := s.with(`{"a":1,"b":1}`)
	running := ask(s.watch(c, "a")) // before the change, lest it be told together with the next one
	s.write(sources[0], `{"a":1,"b":2}`)
	s.eventually("the change beside the path is seen", func() bool { return c.Get("b").Int(0) == 2 })
	s.write(sources[0], `{"a":2,"b":2}`)
	if got := s.await(running); got.value != "2" {
		s.Errorf("Next = %q, %v, want only the change of its own value: 2", got.value, got.err)
	}
}

func gone(s *suite) {
	c, sources := s.with(`{"a":1}`)
	w := s.watch(c, "a")
	s.write(sources[0], `{}`)
	if got := s.next(w); got.err != nil || got.value != "null" {
		s.Errorf("Next = %q, %v, want null", got.value, got.err)
	}
}

func apart(s *suite) {
	c, sources := s.with(`{"a":0}`)
	s.watch(c, "a") // never asked
	w := s.watch(c, "a")
	for n := 1; n <= 200; n++ { // more than anybody keeps for a watcher that sleeps
		s.write(sources[0], fmt.Sprintf(`{"a":%d}`, n))
		if got := s.next(w); got.value != fmt.Sprint(n) {
			s.Fatalf("Next = %q, %v, want %d", got.value, got.err, n)
		}
	}
}

func stops(s *suite) {
	c, _ := s.with(`{"a":1}`)
	w := s.watch(c)
	running := ask(w)
	for range 2 {
		if err := w.Stop(); err != nil {
			s.Errorf("Stop: %v", err)
		}
	}
	s.wantStopped(s.await(running))
	s.wantStopped(s.next(w))
}

func closes(s *suite) {
	c, _ := s.with(`{"a":1}`)
	w := s.watch(c, "a")
	running := ask(w)
	for range 2 {
		if err := c.Close(); err != nil {
			s.Errorf("Close: %v", err)
		}
	}
	s.wantStopped(s.await(running))
	s.wantStopped(s.next(w))
	s.wantAll(c, `{"a":1}`)
}

func closedRefuses(s *suite) {
	c, _ := s.with()
	if err := c.Close(); err != nil {
		s.Fatalf("Close: %v", err)
	}
	if err := c.Load(memory.NewSource(memory.WithJSON([]byte(`{"a":1}`)))); err == nil {
		s.Error("Load: no error")
	}
	if w, err := c.Watch(); err == nil {
		s.Errorf("Watch: no error; its Stop: %v", w.Stop())
	}
}
