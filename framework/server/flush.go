package server

// flush sends what is queued.
func (c *conn) flush() {
	if c.lists != nil {
		_ = c.lists.Flush() // a lost peer needs no answer
	}
}

// flushSoon has what is queued sent by another goroutine, so that what follows meanwhile is sent with it.
func (c *conn) flushSoon() {
	if c.lists == nil {
		return // nothing was queued
	}
	c.flushing.Do(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.lost {
			c.timing.Add(1)
			go c.flushes()
		}
	})
	select {
	case c.queued <- struct{}{}:
	default: // it knows
	}
}

// flushes sends what is queued, again and again, until the connection is lost.
func (c *conn) flushes() {
	defer c.timing.Done()
	for {
		select {
		case <-c.queued:
			c.flush()
		case <-c.ctx.Done():
			return
		}
	}
}
