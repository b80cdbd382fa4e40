package micro

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/debug/handler"
	"github.com/microtop/microtop/framework/debug/log"
	"github.com/microtop/microtop/framework/debug/stats"
	"github.com/microtop/microtop/framework/debug/trace"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/transport"
)

// graph is what a service made for itself: the client under the wrappers, and what the debug service reads.
type graph struct {
	client   client.Client // without wrappers
	wrappers []client.Wrapper
	selector selector.Selector // nil if the user gave one: then it is the user's to close
	log      log.Log
	stats    stats.Stats
	debug    bool
}

// build fills in what the options leave open, bottom-up: logger, registry, transport, broker, selector, client, server.
// Nothing is opened.
func build(o *Options) *graph {
	g := &graph{log: log.NewLog(), stats: stats.NewStats()}
	asked := o.pending
	o.pending = pending{}
	if o.Logger == nil {
		Logger(logger.NewLogger(logger.WithLog(g.log)))(o)
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
	o.pending.server = append(o.pending.server, server.Tracer(trace.NewTracer()), server.WrapHandler(g.count))
	// What was asked comes last, so that it wins over the defaults.
	o.pending.server = append(o.pending.server, asked.server...)
	o.pending.client = append(o.pending.client, asked.client...)
	o.pending.broker = asked.broker
	o.pending.wrappers = asked.wrappers
	o.pending.base = asked.base
	if o.Client == nil {
		o.pending.base = client.NewClient(o.pending.client...)
		o.pending.client = nil
	}
	if o.Server == nil {
		o.Server = server.NewServer(o.pending.server...)
		o.pending.server = nil
	}
	g.update(o)
	return g
}

// update applies the pending options to the components.
func (g *graph) update(o *Options) {
	asked := o.pending
	o.pending = pending{}
	if asked.base != nil {
		g.client = asked.base
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
		_ = g.stats.Record(err) // never fails
		return err
	}
}

// serveDebug adds the debug service, once, unless the program has a handler of that name itself.
func (g *graph) serveDebug(o Options) error {
	if g.debug || hasDebug(o.Server) {
		return nil
	}
	g.debug = true
	always, _ := strconv.ParseBool(os.Getenv("MICRO_DEBUG_REMOTE_ONLY_TOKEN")) // unset means false
	return handler.Register(o.Server, handler.Options{
		Log: g.log, Stats: g.stats, Token: os.Getenv("MICRO_DEBUG_TOKEN"), TokenAlways: always,
	})
}

func hasDebug(s server.Server) bool {
	lister, ok := s.(server.Lister)
	return ok && slices.ContainsFunc(lister.Handlers(), func(h server.Handler) bool { return h.Name() == handler.Name })
}

// close lets go of what the graph's own client and selector hold; both open again when used.
func (g *graph) close() error {
	failed := []error{closeIf(g.client)}
	if g.selector != nil {
		failed = append(failed, g.selector.Close())
	}
	return errors.Join(failed...)
}
