package mdns

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Question is what to ask and when there have been enough answers.
type Question struct {
	Name string // ServiceName or ListingName
	// Timeout is how long to wait for answers.
	Timeout time.Duration
	// Quiet is the shortest silence after an answer that ends the asking before Timeout. Late answers make it longer: it
	// is at least as long as the last new answer took to come. Zero waits for Timeout.
	Quiet time.Duration
}

// Ask asks everybody and calls heard, from one goroutine, for each entry that answers, copies included, until heard
// returns false, the question is over or ctx is. That nobody answers is no error; not to be able to ask is one that wraps
// ErrUnavailable.
func (p *Peer) Ask(ctx context.Context, q Question, heard func(Heard) (more bool)) error {
	packet, err := question(q.Name)
	if err != nil {
		return err
	}
	conns, err := p.network.Dial(ctx)
	if err != nil {
		return err
	}
	answers, done := make(chan []Heard, 16), make(chan struct{})
	var readers sync.WaitGroup
	defer func() {
		close(done)
		for _, c := range conns {
			_ = c.Close()
		}
		readers.Wait()
	}()
	for _, c := range conns {
		readers.Go(func() {
			p.read(c, done, func(b []byte, _ origin) {
				if told := p.answer(b); len(told) > 0 {
					select {
					case answers <- told:
					case <-done:
					}
				}
			})
		})
	}
	if err := p.multicast(conns, packet, false); err != nil {
		return err
	}
	p.collect(ctx, q, answers, heard, func() { _ = p.multicast(conns, packet, false) })
	return nil
}

// collect hands answers on until it is time to end. It asks again once if nobody has answered after a third of the time.
func (p *Peer) collect(ctx context.Context, q Question, answers <-chan []Heard, heard func(Heard) bool, again func()) {
	start := time.Now()
	end := time.NewTimer(q.Timeout)
	defer end.Stop()
	retry := time.NewTimer(q.Timeout / 3)
	defer retry.Stop()
	quiet := time.NewTimer(q.Timeout)
	defer quiet.Stop()
	known, below := make(map[string]struct{}), "."+fold(q.Name)
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-quiet.C:
			return
		case <-retry.C:
			if len(known) == 0 {
				again()
			}
		case told := <-answers:
			for _, h := range told {
				if h.Gone || !strings.HasSuffix(fold(h.Name), below) {
					continue
				}
				if _, copied := known[h.Name]; !copied {
					if len(known) == maxEntries {
						return
					}
					known[h.Name] = struct{}{}
					if q.Quiet > 0 {
						quiet.Reset(max(q.Quiet, time.Since(start)))
					}
				}
				if !heard(h) {
					return
				}
			}
		}
	}
}

// answer reads what comes to a question's own sockets.
func (p *Peer) answer(b []byte) []Heard {
	asks, err := checkHeader(b)
	if err == nil && !asks {
		var told []Heard
		if told, err = entries(b); err == nil {
			return told
		}
	}
	if err == nil {
		err = errForeign
	}
	p.counters.refused(err)
	return nil
}
