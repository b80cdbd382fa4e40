package mdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/microtop/microtop/framework/limits"
)

// ErrFull says that a Peer announces as many entries as it can.
var ErrFull = errors.New("too many entries")

const maxEntries = 4096 // announced by one Peer, and heard in one answer to a question

// Peer announces entries, answers questions about them and hears those of others. It is safe for concurrent use. It opens
// its sockets with the first entry or listener and closes them after the last, so it needs no closing of its own.
type Peer struct {
	network  Network
	datagram int // bytes of the largest datagram read
	buffers  sync.Pool
	counters counters

	life  sync.Mutex // held while the session opens or closes; taken before mu
	users int        // entries and listeners

	mu        sync.Mutex
	session   *session                  // open while there are users
	published map[string]*publication   // by folded instance name
	services  map[string][]*publication // by folded service name
	listeners map[int]func([]Heard)
	nextKey   int
	questions recent
}

// publication is an entry that is announced. It never changes.
type publication struct {
	entry Entry
	key   string       // its folded name
	plain dns.Question // the usual question for its service
	reply []byte       // the answer to it
	list  dns.Question // the usual question for the services of its domain
	item  []byte       // the answer to it
}

// NewPeer returns a Peer on a network. It opens nothing.
func NewPeer(network Network, l limits.Limits) *Peer {
	size := l.WithDefaults().DatagramBytes
	if size <= 0 || size > 64<<10 {
		size = 64 << 10 // there are no larger datagrams
	}
	p := &Peer{
		network: network, datagram: size,
		published: make(map[string]*publication), services: make(map[string][]*publication), listeners: make(map[int]func([]Heard)),
	}
	p.buffers.New = func() any { return new(make([]byte, size)) }
	return p
}

// Publish announces an entry at once, and again some times in the seconds after, and answers questions about it. An entry
// of the same name is replaced. Errors wrap ErrInvalid, ErrFull or ErrUnavailable; the entry then is not announced.
func (p *Peer) Publish(ctx context.Context, e Entry) error {
	pub, err := newPublication(e)
	if err != nil {
		return err
	}
	p.mu.Lock()
	full := p.published[fold(e.Name())] == nil && len(p.published) >= maxEntries
	p.mu.Unlock()
	if full {
		return fmt.Errorf("%w: %d are announced", ErrFull, maxEntries)
	}
	s, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	if p.index(pub) {
		p.release() // the one it replaces holds the session
	}
	if err := s.do(ctx, job{announce, pub}); err != nil {
		if p.unindex(pub.entry.Name(), pub) != nil {
			p.release()
		}
		return err
	}
	return nil
}

// Withdraw takes an entry back and tells the others so, with text instead of its own if there is some. It reports whether
// the entry was announced.
func (p *Peer) Withdraw(ctx context.Context, name string, text []string) (bool, error) {
	pub := p.unindex(name, nil)
	if pub == nil {
		return false, nil
	}
	defer p.release()
	farewell := *pub
	if text != nil {
		farewell.entry.Text = text
	}
	p.mu.Lock()
	s := p.session
	p.mu.Unlock()
	return true, s.do(ctx, job{goodbye, &farewell})
}

// Listen calls heard for every packet that announces entries or takes them back, one packet at a time for each socket,
// until stop is called. heard must not block. stop may be called more than once and waits for calls under way, so it must
// not be called from heard.
func (p *Peer) Listen(ctx context.Context, heard func([]Heard)) (stop func(), err error) {
	if _, err := p.acquire(ctx); err != nil {
		return nil, err
	}
	p.mu.Lock()
	key := p.nextKey
	p.nextKey++
	p.listeners[key] = heard
	p.mu.Unlock()
	return sync.OnceFunc(func() {
		p.mu.Lock()
		delete(p.listeners, key)
		p.mu.Unlock()
		p.release()
	}), nil
}

// acquire counts a user in and opens the session for the first.
func (p *Peer) acquire(ctx context.Context) (*session, error) {
	p.life.Lock()
	defer p.life.Unlock()
	if p.session == nil {
		conns, err := p.network.Listen(ctx)
		if err != nil {
			return nil, err
		}
		s := startSession(p, conns)
		p.mu.Lock()
		p.session = s
		p.mu.Unlock()
	}
	p.users++
	return p.session, nil
}

// release counts a user out and closes the session after the last.
func (p *Peer) release() {
	p.life.Lock()
	defer p.life.Unlock()
	p.users--
	if p.users > 0 {
		return
	}
	p.mu.Lock()
	s := p.session
	p.session = nil
	p.mu.Unlock()
	s.close()
}

func newPublication(e Entry) (*publication, error) {
	if err := e.validate(); err != nil {
		return nil, err
	}
	e.Text = slices.Clone(e.Text)
	pub := &publication{entry: e, key: fold(e.Name()), plain: pointersTo(e.service()), list: pointersTo(ListingName(e.Domain))}
	var err error
	if pub.reply, err = e.answer(pub.plain, 0); err != nil {
		return nil, err
	}
	if pub.item, err = e.listed().answer(pub.list, 0); err != nil {
		return nil, err
	}
	return pub, nil
}

// index makes a publication known and reports whether it replaces one.
func (p *Peer) index(pub *publication) (replaced bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	service := fold(pub.entry.service())
	old := p.published[pub.key]
	p.published[pub.key] = pub
	if old != nil {
		of := p.services[service]
		of[slices.Index(of, old)] = pub
		return true
	}
	p.services[service] = append(p.services[service], pub)
	return false
}

// unindex forgets what is announced under a name, if it is only or only is nil, and returns it.
func (p *Peer) unindex(name string, only *publication) *publication {
	p.mu.Lock()
	defer p.mu.Unlock()
	pub := p.published[fold(name)]
	if pub == nil || only != nil && pub != only {
		return nil
	}
	delete(p.published, fold(name))
	service := fold(pub.entry.service())
	of := p.services[service]
	if of = slices.Delete(of, slices.Index(of, pub), slices.Index(of, pub)+1); len(of) == 0 {
		delete(p.services, service)
	} else {
		p.services[service] = of
	}
	return pub
}

// announced reports whether pub still is what is announced under its name, and whether anything is under it.
func (p *Peer) announced(pub *publication) (it, other bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.published[pub.key]
	return now == pub, now != nil
}

const (
	retryRead  = 50 * time.Millisecond
	readErrors = 20 // in a row, before a socket is given up
)

// read gives every datagram of a socket to take, until the socket is closed, done is, or it only fails.
func (p *Peer) read(c Conn, done <-chan struct{}, take func(b []byte, d origin)) {
	buffer, _ := p.buffers.Get().(*[]byte)
	defer p.buffers.Put(buffer)
	for failed := 0; failed < readErrors; {
		n, from, iface, err := c.Receive(*buffer)
		if err == nil {
			failed = 0
			p.counters.received.Add(1)
			take((*buffer)[:n], origin{c, from, iface})
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		failed++
		p.counters.failed.Add(1)
		pause := time.NewTimer(retryRead)
		select {
		case <-done:
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}
