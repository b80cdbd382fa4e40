package bench

import (
	"context"
	"time"
)

// unary makes one call after the other and checks each answer.
func unary(ctx context.Context, c Caller, l Load, t *tally) error {
	req := message(0, l.Bytes)
	for i := uint64(0); !t.over(); i++ {
		stamp(req, i)
		rsp := new(Message)
		start := time.Now()
		err := c.Unary(ctx, req, rsp)
		took := time.Since(start)
		switch {
		case err != nil:
			if t.fail(err) {
				return nil
			}
		case number(rsp) != i || len(rsp.GetValue()) != len(req.GetValue()):
			t.wrong++
		default:
			t.right(took)
		}
	}
	return nil
}
