package micro

import (
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/cmd"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/store"
)

// parse reads the command line and the environment and lets them configure the components. It holds no lock while it
// does: the program's Action may use the service.
func (s *service) parse() {
	s.mu.RLock()
	picked, base, selected := s.opts, s.graph.client, s.opts.selector
	line := []cmd.Option{
		cmd.WithServerOptions(s.graph.forServer...), cmd.WithClientOptions(s.graph.forClient...), cmd.WithLogger(picked.Logger),
	}
	s.mu.RUnlock()
	about := picked.Server.Options()
	tracer := about.Tracer
	if picked.Cmd.Options().Name == "" {
		line = append(line, cmd.Name(about.Name))
	}
	if picked.Cmd.Options().Version == "" {
		line = append(line, cmd.Version(about.Version))
	}
	line = append(line,
		cmd.Auth(&picked.Auth), cmd.Broker(&picked.Broker), cmd.Cache(&picked.Cache), cmd.Client(&base), cmd.Config(&picked.Config), cmd.Profile(&picked.Profile),
		cmd.Registry(&picked.Registry), cmd.Runtime(&picked.Runtime), cmd.Selector(&selected), cmd.Server(&picked.Server),
		cmd.Store(&picked.Store), cmd.Tracer(&tracer), cmd.Transport(&picked.Transport),
	)
	err := picked.Cmd.Init(line...)
	s.mu.Lock()
	if s.failed = err; err == nil {
		s.graph.take(&s.opts, picked, base)
		s.graph.choose(&s.opts, selected)
	}
	s.mu.Unlock()
	if err == nil {
		nameTable(s.Options())
	}
}

// refused is what was wrong with the command line.
func (s *service) refused() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.failed
}

// take makes the components that the command line chose those of the service. The command line has tied them together
// already; what it chose is the graph's to close.
func (g *graph) take(o *Options, picked Options, base client.Client) {
	if base != g.client {
		g.opened = append(g.opened, g.client)
		g.client = base
		o.Client = g.wrapped(base)
	}
	if picked.Store != o.Store {
		g.opened = append(g.opened, picked.Store)
	}
	if picked.Config != o.Config {
		g.opened = append(g.opened, picked.Config)
	}
	g.server = picked.Server
	o.Auth, o.Broker, o.Cache, o.Config, o.Profile, o.Registry = picked.Auth, picked.Broker, picked.Cache, picked.Config, picked.Profile, picked.Registry
	o.Runtime, o.Server, o.Store, o.Transport = picked.Runtime, picked.Server, picked.Store, picked.Transport
}

// nameTable names the store's table after the service, unless it has a name of its own.
func nameTable(o Options) {
	if o.Store.Options().Table != store.NewOptions().Table {
		return
	}
	if err := o.Store.Init(store.Table(o.Server.Options().Name)); err != nil {
		o.Logger.Logf(logger.ErrorLevel, "name the store's table: %v", err)
	}
}
