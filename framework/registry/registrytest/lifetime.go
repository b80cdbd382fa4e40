package registrytest

import (
	"time"

	"github.com/microtop/microtop/framework/registry"
)

// shortTTL is one second because some registries know nothing shorter.
const shortTTL = time.Second

func (s *suite) needsTTL() {
	s.Helper()
	if !s.caps.TTL {
		s.Skip("this registry does not let nodes expire")
	}
}

func expires(s *suite) {
	s.needsTTL()
	s.register(s.service("1"), registry.RegisterTTL(shortTTL))
	s.register(s.service("2"))
	s.eventually("two nodes", func() bool { return len(s.nodes()) == 2 })
	s.eventually("the end of the first", func() bool { return len(s.nodes()) == 1 })
	if s.nodes()[s.name+"-2"] == nil {
		s.Errorf("the wrong node went: %v", s.nodes())
	}
	s.register(s.service("1"), registry.RegisterTTL(time.Minute))
	s.eventually("the first again", func() bool { return len(s.nodes()) == 2 })
}

func refreshed(s *suite) {
	s.needsTTL()
	start := time.Now()
	for time.Since(start) < 2*shortTTL {
		s.register(s.service("1"), registry.RegisterTTL(shortTTL))
		if time.Since(start) > shortTTL && len(s.nodes()) != 1 {
			s.Fatalf("gone after %v although it was refreshed", time.Since(start))
		}
		time.Sleep(shortTTL / 5)
	}
}

func tinyTTL(s *suite) {
	for range 3 {
		s.register(s.service("1"), registry.RegisterTTL(time.Millisecond))
	}
	if s.caps.TTL {
		s.eventually("its end", func() bool { return len(s.nodes()) == 0 })
	}
}

func noTTL(s *suite) {
	s.register(s.service("1"))
	s.eventually("the node", func() bool { return len(s.nodes()) == 1 })
	time.Sleep(shortTTL / 5)
	if len(s.nodes()) != 1 {
		s.Error("gone")
	}
}
