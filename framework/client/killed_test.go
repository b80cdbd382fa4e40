package client_test

import (
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/transport"
)

// forwarder passes connections on to an address, and can cut those that are open as the kernel does for a killed process.
type forwarder struct {
	net.Listener
	group sync.WaitGroup
	mu    sync.Mutex
	open  []net.Conn
}

func forward(t *testing.T, to string) *forwarder {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forwarder{Listener: l}
	f.group.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			f.mu.Lock()
			f.open = append(f.open, in, out)
			f.mu.Unlock()
			f.group.Go(func() { io.Copy(in, out) })
			f.group.Go(func() { io.Copy(out, in) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		f.cut()
		f.group.Wait()
	})
	return f
}

func (f *forwarder) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.open {
		_ = c.(*net.TCPConn).CloseWrite() // at once; Close waits for who reads
		c.Close()
	}
	f.open = nil
}

// A request that may not run twice is not written to a connection that is known to be closed.
func TestAKilledPeersConnectionIsNotUsed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing can be seen there without waiting")
	}
	w := newWorld(t, transport.NewHTTPTransport())
	f := forward(t, w.serve().Options().Address)
	c := w.client()
	for range 20 {
		if err := hello(t, c, client.WithAddress(f.Addr().String()), client.WithRetries(0)); err != nil {
			t.Fatal(err)
		}
		f.cut()
		time.Sleep(2 * time.Millisecond) // busy connections are not looked at
	}
}
