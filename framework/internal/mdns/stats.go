package mdns

import "sync/atomic"

// Stats counts datagrams since the Peer was made.
type Stats struct {
	Received  uint64 // on all sockets
	Sent      uint64
	Questions uint64 // received, about anything
	Answered  uint64 // answers sent, one a datagram
	Malformed uint64 // ignored: no DNS, or more of it than a peer sends
	Foreign   uint64 // ignored: neither plain question nor plain answer
	OffLink   uint64 // ignored: questions from other networks
	Repeated  uint64 // ignored: questions that had come over another interface before
	Failed    uint64 // reads and sends that failed
}

// Ignored is how many datagrams were received and thrown away for what they are.
func (s Stats) Ignored() uint64 { return s.Malformed + s.Foreign + s.OffLink }

type counters struct {
	received, sent, questions, answered, malformed, foreign, offLink, repeated, failed atomic.Uint64
}

// Stats returns the counts so far.
func (p *Peer) Stats() Stats {
	c := &p.counters
	return Stats{
		Received: c.received.Load(), Sent: c.sent.Load(), Questions: c.questions.Load(), Answered: c.answered.Load(),
		Malformed: c.malformed.Load(), Foreign: c.foreign.Load(),
		OffLink: c.offLink.Load(), Repeated: c.repeated.Load(), Failed: c.failed.Load(),
	}
}

// refused counts a datagram that is ignored for err.
func (c *counters) refused(err error) {
	if err == errForeign { //nolint:errorlint // it is never wrapped
		c.foreign.Add(1)
		return
	}
	c.malformed.Add(1)
}
