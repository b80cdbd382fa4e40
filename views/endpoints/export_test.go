package endpoints

import (
	"context"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui"
)

// Ask makes a route's screens learn from ask what a target understands.
func Ask(r tui.Route, ask func(context.Context, introspect.Target) ([]*invoke.Description, error)) tui.Route {
	made := r.New
	r.New = func(with any) (tui.Screen, error) {
		s, err := made(with)
		if err != nil {
			return nil, err
		}
		s.(*screen).ask = ask
		return s, nil
	}
	return r
}
