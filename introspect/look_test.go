package introspect_test

import (
	"testing"

	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/introspect"
)

// lossy is an mDNS registry that hears one node an answer.
type lossy struct {
	registry.MDNS
	answers [][]*registry.Service
}

func (l *lossy) GetService(string, ...registry.GetOption) ([]*registry.Service, error) {
	next := l.answers[0]
	l.answers = l.answers[1:]
	return next, nil
}

func TestLookAsksTwiceWhereNodesAnswer(t *testing.T) {
	one := func(id string) []*registry.Service {
		return []*registry.Service{{Name: "s", Version: "1", Nodes: []*registry.Node{{Id: id, Address: "h:1"}}}}
	}
	found, err := introspect.Look(t.Context(), &lossy{answers: [][]*registry.Service{one("a"), one("b")}}, "s")
	if err != nil || len(found) != 1 || len(found[0].Nodes) != 2 {
		t.Errorf("%v, %v", found, err)
	}
}
