package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"

	"github.com/microtop/microtop/framework/internal/listen"
)

// The ports that a memory listener on port 0 gets one of (docs/wire.md §7.7).
const (
	memoryMinPort = 10_000
	memoryMaxPort = 29_999
)

var (
	errAddressInUse = errors.New("address already in use")
	errRefused      = errors.New("connection refused")
)

// NewMemoryTransport returns a transport whose connections stay in the process: addresses are known to this value only.
func NewMemoryTransport(opts ...Option) Transport {
	t := &memoryTransport{listeners: map[string]*memoryListener{}}
	_ = t.Init(opts...) // only sets fields
	return t
}

type memoryTransport struct {
	mu        sync.Mutex
	opts      Options
	listeners map[string]*memoryListener
}

var _ Transport = (*memoryTransport)(nil)

// Init implements Transport.
func (t *memoryTransport) Init(opts ...Option) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.opts = t.opts.with(opts)
	return nil
}

// Options implements Transport.
func (t *memoryTransport) Options() Options {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.opts
}

// String implements Transport.
func (t *memoryTransport) String() string { return "memory" }

// Dial implements Transport.
func (t *memoryTransport) Dial(addr string, opts ...DialOption) (Client, error) {
	var dial DialOptions
	for _, set := range opts {
		set(&dial)
	}
	parsed, err := memoryAddress(addr)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	name := net.JoinHostPort(parsed.Host, strconv.Itoa(parsed.Min))
	l, timeout := t.listeners[name], t.opts.Timeout
	t.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial memory %s: %w", name, errRefused)
	}
	ctx, cancel := dial.Bounded()
	defer cancel()
	client, server := memoryPair(name, timeout)
	select {
	case l.accept <- server:
		return client, nil
	case <-l.done:
		return nil, fmt.Errorf("dial memory %s: %w", name, errRefused)
	case <-ctx.Done():
		return nil, fmt.Errorf("dial memory %s: %w", name, context.Cause(ctx))
	}
}

// Listen implements Transport.
func (t *memoryTransport) Listen(addr string, _ ...ListenOption) (Listener, error) {
	parsed, err := memoryAddress(addr)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, port := range memoryPorts(parsed) {
		name := net.JoinHostPort(parsed.Host, strconv.Itoa(port))
		if t.listeners[name] != nil {
			continue
		}
		l := &memoryListener{transport: t, addr: name, accept: make(chan *memorySocket), done: make(chan struct{})}
		t.listeners[name] = l
		return l, nil
	}
	return nil, fmt.Errorf("listen on memory %s: %w", addr, errAddressInUse)
}

// memoryAddress parses an address; no host is 127.0.0.1.
func memoryAddress(addr string) (listen.Address, error) {
	parsed, err := listen.Parse(addr)
	if parsed.Host == "" {
		parsed.Host = "127.0.0.1"
	}
	return parsed, err
}

// memoryPorts lists the ports to try.
func memoryPorts(a listen.Address) []int {
	if a.Max == 0 {
		a.Min, a.Max = memoryMinPort, memoryMaxPort
		ports := portRange(a)
		first := rand.IntN(len(ports)) //nolint:gosec // a port, not a secret
		return slices.Concat(ports[first:], ports[:first])
	}
	return portRange(a)
}

func portRange(a listen.Address) []int {
	ports := make([]int, 0, a.Max-a.Min+1)
	for port := a.Min; port <= a.Max; port++ {
		ports = append(ports, port)
	}
	return ports
}

type memoryListener struct {
	transport *memoryTransport
	addr      string
	accept    chan *memorySocket
	done      chan struct{}
	once      sync.Once
}

var _ Listener = (*memoryListener)(nil)

// Addr implements Listener.
func (l *memoryListener) Addr() string { return l.addr }

// Close implements Listener.
func (l *memoryListener) Close() error {
	l.once.Do(func() {
		l.transport.mu.Lock()
		delete(l.transport.listeners, l.addr)
		l.transport.mu.Unlock()
		close(l.done)
	})
	return nil
}

// Accept implements Listener.
func (l *memoryListener) Accept(fn func(Socket)) error {
	for {
		select {
		case socket := <-l.accept:
			go func() {
				defer func() { _ = socket.Close() }() // it never fails
				fn(socket)
			}()
		case <-l.done:
			return nil
		}
	}
}
