package events

import "github.com/microtop/microtop/framework/logger"

// consumer gives the events of its group to one channel.
type consumer struct {
	opts   ConsumeOptions
	log    logger.Logger
	group  *group
	events chan Event
	wake   chan struct{}
	done   <-chan struct{} // the stream's end
}

func (c *consumer) run() {
	defer close(c.events)
	defer c.group.topic.leave(c)
	for {
		d, attempt := c.group.take()
		if d == nil {
			select {
			case <-c.wake:
				continue
			case <-c.opts.Context.Done():
			case <-c.done:
			}
			return
		}
		select {
		case c.events <- c.event(d, attempt):
			c.group.given(d, attempt, c)
		case <-c.opts.Context.Done():
			c.group.giveBack(d)
			return
		case <-c.done:
			c.group.giveBack(d)
			return
		}
	}
}

// event is the consumer's own copy.
func (c *consumer) event(d *delivery, attempt int) Event {
	e := d.event.clone()
	if !c.opts.AutoAck {
		e.ackFunc = func() error {
			c.group.ack(d)
			return nil
		}
		e.nackFunc = func() error {
			c.group.fail(d, attempt, c)
			return nil
		}
	}
	return *e
}

// complain says that an event was given up.
func (c *consumer) complain(d *delivery, attempts int) {
	logger.Slog(c.log).Warn("event given up", "topic", d.event.Topic, "group", c.opts.Group, "event", d.event.ID, "attempts", attempts)
}
