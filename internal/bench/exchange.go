package bench

import (
	"context"
	"time"
)

// exchange sends a message on a stream and waits for its echo, over and over.
func exchange(ctx context.Context, c Caller, l Load, t *tally) error {
	s, err := c.Exchange(ctx)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // all that was to come has come
	out := message(0, l.Bytes)
	for i := uint64(0); !t.over(); i++ {
		stamp(out, i)
		in := new(Message)
		start := time.Now()
		if err := s.Send(out); err != nil {
			return err
		}
		if err := s.Recv(in); err != nil {
			return err
		}
		if number(in) != i || len(in.GetValue()) != len(out.GetValue()) {
			t.wrong++
			continue
		}
		t.right(time.Since(start))
	}
	return nil
}
