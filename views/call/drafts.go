package call

// mostDrafts is how many endpoints' requests are remembered.
const mostDrafts = 100

// drafts are the requests as they were when their screens were left, by endpoint: q beside a filled-in form loses
// nothing. They last as long as the program and belong to its goroutine.
type drafts map[string]string

func (d drafts) key(s *screen) string {
	return s.request.Service + "\x00" + s.request.Address + "\x00" + s.request.Endpoint
}

// of gives a screen what was written for its endpoint, unless it was opened with a request of its own.
func (d drafts) of(s *screen) {
	s.drafts = d
	if text := d[d.key(s)]; text != "" && len(s.request.Body) == 0 {
		s.request.Body = []byte(text)
		_ = s.body.Put(text) // it was within the limit before; the check waits for the schema
	}
}

// keep remembers what a screen has.
func (d drafts) keep(s *screen) {
	text := s.body.Text()
	if text == "" || text == "{}" {
		delete(d, d.key(s))
		return
	}
	if len(d) < mostDrafts || d[d.key(s)] != "" {
		d[d.key(s)] = text
	}
}
