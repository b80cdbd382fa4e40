package bench

import "context"

// perDownload is how many messages one stream brings.
const perDownload = 1000

// download has streams of numbered messages sent, one after the other, and checks that each comes in its turn.
func download(ctx context.Context, c Caller, l Load, t *tally) error {
	for !t.over() {
		if err := downloadOne(ctx, c, l, t); err != nil {
			return err
		}
	}
	return nil
}

func downloadOne(ctx context.Context, c Caller, l Load, t *tally) error {
	s, err := c.Download(ctx, perDownload, l.Bytes)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // all that was to come has come
	want := len(message(0, l.Bytes).GetValue())
	for i := range uint64(perDownload) {
		m := new(Message)
		if err := s.Recv(m); err != nil {
			return err
		}
		if number(m) != i || len(m.GetValue()) != want {
			t.wrong++
			continue
		}
		t.right(0)
	}
	return nil
}
