package profile

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/show"
)

// env is what the screens of this package share.
type env struct {
	theme theme.Theme
	dir   string // of the captures
	// flags are where a logged command connects to.
	flags []string
}

// Routes are the routes of the screens. The screens end with ctx at the latest; captures are
// kept in dir, "" being profiling.DefaultDir.
func Routes(ctx context.Context, session *introspect.Session, th theme.Theme, dir string) []tui.Route {
	e := env{theme: th, dir: dir}
	return []tui.Route{
		{
			Name: "profile", Aliases: []string{"pf", "profiles"}, Help: "captures on disk; profile SERVICE makes new ones",
			New:     func(with any) (tui.Screen, error) { return New(ctx, session, th, dir, with) },
			Actions: func() []tui.Action { return append(new(list).actions(), new(form).Actions()...) },
		},
		{
			Name: "top", Aliases: []string{"flame"}, Help: "top and flame graph of a capture: top ID",
			New: func(with any) (tui.Screen, error) {
				o, err := chosen(with)
				if err != nil {
					return nil, err
				}
				return newViewer(ctx, e, o), nil
			},
			Actions: func() []tui.Action { return new(viewer).actions() },
		},
	}
}

// New makes the form for nodes or a service, or the list for nothing. It starts nothing
// before Init.
func New(ctx context.Context, session *introspect.Session, th theme.Theme, dir string, with any) (tui.Screen, error) {
	e := env{theme: th, dir: dir}
	if text, ok := with.(string); with == nil || ok && strings.TrimSpace(text) == "" {
		return newList(ctx, e), nil
	}
	nodes, err := show.Choose("profile", with)
	if err != nil {
		return nil, err
	}
	e.flags = session.Flags()
	return newForm(ctx, e, safetext.Clean(nodes.String()), func(ctx context.Context) ([]profiling.Target, error) {
		found, err := nodes.Nodes(ctx, session)
		var targets []profiling.Target
		for _, n := range found {
			targets = append(targets, profiling.NodeTarget(session, n))
		}
		return targets, err
	}), nil
}

// opened says what the viewer shows: one capture, several merged, or what changed from base
// to the one.
type opened struct {
	ids  []string
	base string
}

// chosen reads what the viewer is opened with.
func chosen(with any) (opened, error) {
	switch with := with.(type) {
	case opened:
		return with, nil
	case string:
		if ids := strings.Fields(with); len(ids) > 0 {
			return opened{ids: ids}, nil
		}
	case nil:
	default:
		return opened{}, fmt.Errorf("cannot show a %T", with)
	}
	return opened{}, errors.New("name a capture: `:top ID`; :profile lists them")
}

// stored runs fn on the store of captures. It reads and writes files: not for Update.
func stored[T any](dir string, fn func(*profiling.Store) (T, error)) (T, error) {
	store, err := profiling.OpenStore(dir)
	if err != nil {
		var none T
		return none, err
	}
	out, err := fn(store)
	if closed := store.Close(); err == nil {
		err = closed
	}
	return out, err
}
