package show

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/vitals"
)

// Chosen are the nodes a screen is about: those it was opened with, or all of a service,
// which are looked up when they are needed.
type Chosen struct {
	service string
	nodes   []vitals.Node
}

// Choose reads what a screen of nodes is opened with: []*fleet.Node, a service's name, or an
// introspect.Target.
func Choose(screen string, with any) (Chosen, error) {
	usage := fmt.Errorf("name a service: `:%s SERVICE`, or open it on nodes", screen)
	switch with := with.(type) {
	case string:
		words := strings.Fields(with)
		if len(words) != 1 {
			return Chosen{}, usage
		}
		return Chosen{service: words[0]}, nil
	case introspect.Target:
		if with.Service == "" {
			return Chosen{}, usage
		}
		return Chosen{service: with.Service}, nil
	case []*fleet.Node:
		c := Chosen{}
		for _, n := range with {
			c.nodes = append(c.nodes, vitals.Node{Service: n.Service, Version: n.Version, Node: n.Record()})
		}
		if len(c.nodes) == 0 {
			return c, usage
		}
		return c, nil
	}
	return Chosen{}, usage
}

// Nodes are the nodes, looked up if need be.
func (c Chosen) Nodes(ctx context.Context, session *introspect.Session) ([]vitals.Node, error) {
	if c.service == "" {
		return c.nodes, nil
	}
	nodes, err := vitals.Nodes(ctx, session, introspect.Target{Service: c.service})
	if err == nil && len(nodes) == 0 {
		err = errors.New("the service has no nodes")
	}
	return nodes, err
}

// String names the nodes for people.
func (c Chosen) String() string {
	switch {
	case c.service != "":
		return c.service
	case len(c.nodes) == 1:
		return c.nodes[0].Service + " " + Short(c.nodes[0].Service, c.nodes[0].Id)
	}
	return Count(len(c.nodes), "node")
}
