package micro

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/cache"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/cmd"
	"github.com/microtop/microtop/framework/config"
	"github.com/microtop/microtop/framework/debug/handler"
	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/debug/profile"
	"github.com/microtop/microtop/framework/debug/stats"
	"github.com/microtop/microtop/framework/debug/trace"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/runtime"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/transport"
)

// graph is what a service made for itself: the client under the wrappers, and what the debug service reads.
type graph struct {
	client   client.Client // without wrappers
	wrappers []client.Wrapper
	selector selector.Selector // nil if the user gave one: then it is the user's to close
	opened   []any             // the graph's own, or chosen by the command line: it closes what can be
	stats    stats.Stats
	debug    bool
	server   server.Server // the one that has been given forServer

	// All that was asked of the server and the client so far, for others that take their places.
	forServer []server.Option
	forClient []client.Option
}

// build fills in what the options leave open, bottom-up: logger, registry, transport, broker, selector, client, server.
// Nothing is opened.
func build(o *Options) *graph {
	g := &graph{stats: stats.NewStats()}
	asked := o.pending
	o.pending = pending{}
	if o.Logger == nil {
		Logger(logger.NewLogger(logger.WithLog(log.NewLog())))(o)
	}
	if o.Registry == nil {
		Registry(registry.NewRegistry(registry.Logger(o.Logger)))(o)
	}
	if o.Transport == nil {
		Transport(transport.NewHTTPTransport(transport.WithLogger(o.Logger)))(o)
	}
	if o.Broker == nil {
		Broker(broker.NewBroker(broker.Registry(o.Registry), broker.Logger(o.Logger)))(o)
	}
	if o.selector == nil {
		g.selector = selector.NewSelector(selector.Registry(o.Registry), selector.WithLogger(o.Logger))
		Selector(g.selector)(o)
	}
	g.buildExtras(o)
	o.pending.server = append(o.pending.server, server.Tracer(trace.NewTracer()), server.WrapHandler(g.count))
	// What was asked comes last, so that it wins over the defaults.
	o.pending.server = append(o.pending.server, asked.server...)
	o.pending.client = append(o.pending.client, asked.client...)
	o.pending.broker = asked.broker
	o.pending.wrappers = asked.wrappers
	o.pending.base = asked.base
	o.pending.flags, o.pending.action = asked.flags, asked.action
	if o.Client == nil {
		o.pending.base = client.NewClient()
	}
	if o.Server == nil {
		o.Server = server.NewServer()
	}
	g.update(o)
	return g
}

// buildExtras fills in the components that the core does not need.
func (g *graph) buildExtras(o *Options) {
	if o.Auth == nil {
		o.Auth = auth.NewAuth(auth.WithLogger(o.Logger))
	}
	if o.Cache == nil {
		o.Cache = cache.NewCache(cache.WithLogger(o.Logger))
	}
	if o.Store == nil {
		o.Store = store.NewStore(store.WithLogger(o.Logger))
	}
	if o.Config == nil {
		o.Config, _ = config.NewConfig() // without sources nothing can fail
		g.opened = append(g.opened, o.Config)
	}
	if o.Runtime == nil {
		o.Runtime = runtime.NewRuntime(runtime.WithLogger(o.Logger))
	}
	if o.Profile == nil {
		o.Profile = profile.DefaultProfile // does nothing, so that it can be shared
	}
	if o.Cmd == nil {
		o.Cmd = cmd.NewCmd()
	}
}

// update applies the pending options to the components.
func (g *graph) update(o *Options) {
	asked := o.pending
	o.pending = pending{}
	g.forServer = append(g.forServer, asked.server...)
	g.forClient = append(g.forClient, asked.client...)
	if asked.base != nil && asked.base != g.client {
		g.client = asked.base
		asked.client = g.forClient
	}
	if o.Server != g.server {
		g.server = o.Server
		asked.server = g.forServer
	}
	// Init of these components only sets fields; what is wrong with them shows when they start.
	var ignored []error
	if len(asked.broker) > 0 {
		ignored = append(ignored, o.Broker.Init(asked.broker...))
	}
	if len(asked.client) > 0 {
		ignored = append(ignored, g.client.Init(asked.client...))
	}
	if len(asked.server) > 0 {
		ignored = append(ignored, o.Server.Init(asked.server...))
	}
	if err := errors.Join(ignored...); err != nil {
		o.Logger.Logf(logger.ErrorLevel, "apply options: %v", err)
	}
	g.wrappers = append(g.wrappers, asked.wrappers...)
	o.Client = g.wrapped(g.client)
	for _, flag := range asked.flags {
		o.Cmd.App().PersistentFlags().AddFlag(flag)
	}
	if asked.action != nil {
		o.Cmd.App().RunE = asked.action
	}
}

func (g *graph) wrapped(c client.Client) client.Client {
	for _, wrap := range g.wrappers {
		c = wrap(c)
	}
	return c
}

// count is the innermost of the service's own wrappers; it does not run for the debug service itself.
func (g *graph) count(next server.HandlerFunc) server.HandlerFunc {
	return func(ctx context.Context, req server.Request, rsp any) error {
		err := next(ctx, req, rsp)
		failed := err
		if callerLeft(ctx, rsp, err) {
			failed = nil // which says nothing of the service
		}
		_ = g.stats.Record(failed) // never fails
		return err
	}
}

// callerLeft says whether a handler failed because its caller went away: its context was cancelled, or it returned what
// its stream ended with. A deadline that passed is not that.
func callerLeft(ctx context.Context, rsp any, err error) bool {
	if errors.Is(ctx.Err(), context.Canceled) {
		return true
	}
	stream, ok := rsp.(server.Stream)
	return ok && stream.Error() != nil && errors.Is(err, stream.Error()) && !errors.Is(err, context.DeadlineExceeded)
}

// serveDebug adds the debug service, once. What a handler of the program with the same name has methods for is the
// program's; an internal one replaces all of it.
func (g *graph) serveDebug(o Options) error {
	if g.debug || hasDebug(o.Server) {
		return nil
	}
	g.debug = true
	always, _ := strconv.ParseBool(os.Getenv("MICRO_DEBUG_REMOTE_ONLY_TOKEN")) // unset means false
	return handler.Register(o.Server, handler.Options{
		Log: logger.Kept(o.Logger), Stats: g.stats, Token: os.Getenv("MICRO_DEBUG_TOKEN"), TokenAlways: always,
	})
}

func hasDebug(s server.Server) bool {
	lister, ok := s.(server.Lister)
	return ok && slices.ContainsFunc(lister.Handlers(), func(h server.Handler) bool {
		return h.Name() == handler.Name && h.Options().Internal
	})
}

// close lets go of what the graph's own client and selector hold; both open again when used.
func (g *graph) close() error {
	failed := []error{closeIf(g.client)}
	for _, component := range g.opened {
		failed = append(failed, closeIf(component))
	}
	g.opened = nil
	if g.selector != nil {
		failed = append(failed, g.selector.Close())
	}
	return errors.Join(failed...)
}

// choose makes a selector that the command line chose the client's, and the graph's to close.
func (g *graph) choose(o *Options, s selector.Selector) {
	if s == o.selector {
		return
	}
	if g.selector != nil {
		g.opened = append(g.opened, g.selector)
	}
	o.selector, g.selector = s, s
}
