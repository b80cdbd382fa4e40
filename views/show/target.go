package show

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui/safetext"
)

// Target reads what a screen is opened with: an introspect.Target, the service a command line names, or nothing.
func Target(screen string, with any) (introspect.Target, error) {
	switch with := with.(type) {
	case nil:
		return introspect.Target{}, nil
	case introspect.Target:
		return with, nil
	case string:
		words := strings.Fields(with)
		switch len(words) {
		case 0:
			return introspect.Target{}, nil
		case 1:
			return introspect.Target{Service: words[0]}, nil
		}
		return introspect.Target{}, fmt.Errorf("one service at a time: `:%s SERVICE`", screen)
	}
	return introspect.Target{}, fmt.Errorf("cannot show a %T", with)
}

// Needed is [Target] for a screen that needs a service.
func Needed(screen string, with any) (introspect.Target, error) {
	t, err := Target(screen, with)
	if err == nil && t.Service == "" && t.Address == "" {
		err = fmt.Errorf("name a service: `:%s SERVICE`", screen)
	}
	return t, err
}

// Narrowed names a target for a crumb: the service, and what narrows it.
func Narrowed(t introspect.Target) safetext.Line {
	name := safetext.Clean(cmp.Or(t.Service, t.Address)).Cut(40)
	if t.Node != "" {
		return safetext.Join(" ", name, safetext.Clean(ShortID(&fleet.Node{Service: t.Service, ID: t.Node})).Cut(20))
	}
	if t.Version != "" {
		return safetext.Join(" ", name, safetext.Clean(t.Version).Cut(20))
	}
	return name
}
