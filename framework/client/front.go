package client

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/microtop/microtop/framework/codec"
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/selector"
)

// front is what every kind of client is, with the parts of the default one.
type front struct {
	driver    Driver
	sequence  sequence   // of Micro-Id
	configure sync.Mutex // one Init at a time
	setup     atomic.Pointer[setup]
	innermost CallFunc // driver.Call
	pool      pool
	endpoints endpoints
	lanes     lanes
	guards    guards
	direct    direct
	timeouts  timeouts
	budget    budget
	connected atomic.Bool // the broker is
}

var _ Client = (*front)(nil)

// setup is a client's configuration. It never changes.
type setup struct {
	opts   Options
	codecs *mucp.Codecs
	own    selector.Selector // made by the client; nil if the user gave one
	proxy  proxy
	picker selector.Picker // the selector, if it picks without a Next
}

func newClient(opts ...Option) Client {
	c := new(front)
	c.driver = mucpDriver{c}
	return c.start(opts)
}

// start puts the first options in force, and the wrappers around c.
func (c *front) start(opts []Option) Client {
	c.innermost = c.driver.Call
	o := NewOptions(opts...)
	c.apply(o, nil)
	var out Client = c
	for _, wrap := range slices.Backward(o.Wrappers) {
		out = wrap(out)
	}
	return out
}

// apply puts options in force. c.configure is held, or nobody else knows c yet.
func (c *front) apply(o Options, old *setup) {
	var own map[string]codec.NewCodec
	if typed, ok := c.driver.(Typed); ok {
		own = typed.ContentTypes()
	}
	now := &setup{opts: o.withDefaults(), codecs: mucp.NewCodecs(DefaultCodecs, own, o.Codecs)}
	if !o.NoProxy {
		now.proxy = proxyFromEnvironment()
	}
	switch {
	case old != nil && old.own != nil && o.Selector == old.own && o.Registry == old.opts.Registry:
		now.own = old.own
	case o.Registry != nil && (o.Selector == nil || old != nil && o.Selector == old.own):
		now.own = selector.NewSelector(selector.Registry(o.Registry), selector.WithLogger(now.opts.Logger))
		now.opts.Selector = now.own
	case o.Selector == nil:
		now.opts.Selector = selector.DefaultSelector
	}
	if picker, ok := now.opts.Selector.(selector.Picker); ok {
		now.picker = picker
	}
	c.pool.configure(o.PoolSize, o.PoolTTL)
	c.setup.Store(now)
}

// Init implements Client.
func (c *front) Init(opts ...Option) error {
	c.configure.Lock()
	defer c.configure.Unlock()
	old := c.setup.Load()
	o := old.opts
	if o.Selector == selector.DefaultSelector && o.Registry == nil {
		o.Selector = nil // so that a registry given now counts
	}
	for _, set := range opts {
		set(&o)
	}
	if o.Broker != old.opts.Broker {
		c.connected.Store(false)
	}
	c.apply(o, old)
	if now := c.setup.Load(); old.own != nil && now.own != old.own {
		return old.own.Close()
	}
	return nil
}

// Options implements Client.
func (c *front) Options() Options { return c.setup.Load().opts }

// NewMessage implements Client.
func (c *front) NewMessage(topic string, msg any, opts ...MessageOption) Message {
	return newMessage(topic, msg, c.setup.Load().opts.ContentType, opts)
}

// NewRequest implements Client.
func (c *front) NewRequest(service, endpoint string, body any, opts ...RequestOption) Request {
	return newRequest(service, endpoint, body, c.setup.Load().opts.ContentType, opts)
}

// String implements Client.
func (c *front) String() string { return c.driver.String() }

// Close closes the connections that are kept, and the selector if the client made it. Both open again when used.
func (c *front) Close() error {
	failed := c.driver.Close()
	if own := c.setup.Load().own; own != nil {
		failed = errors.Join(failed, own.Close())
	}
	return failed
}

// proxy is where the environment sends every call (docs/wire.md §11.4).
type proxy struct {
	service string   // to look up in place of the request's
	address []string // to call in place of looking up
}

func (p proxy) set() bool { return p.service != "" || len(p.address) > 0 }

func proxyFromEnvironment() proxy {
	if value := os.Getenv("MICRO_PROXY"); value != "" {
		switch {
		case value == "service":
			return proxy{service: "go.micro.proxy"}
		case strings.Contains(value, ":"):
			return proxy{address: []string{value}}
		default:
			return proxy{service: value}
		}
	}
	var p proxy
	switch value := os.Getenv("MICRO_NETWORK"); value {
	case "":
	case "service":
		p.service = "go.micro.network"
	default:
		p.service = value
	}
	if value := os.Getenv("MICRO_NETWORK_ADDRESS"); value != "" {
		p.address = []string{value}
	}
	return p
}
