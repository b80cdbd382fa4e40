package server

import "slices"

// recent remembers the last ids of streams that are over, so that late frames do not start them again.
type recent struct {
	ids  [32]string
	next int
}

func (r *recent) add(id string) {
	r.ids[r.next] = id
	r.next = (r.next + 1) % len(r.ids)
}

func (r *recent) has(id string) bool { return id != "" && slices.Contains(r.ids[:], id) }

func (r *recent) forget(id string) {
	if i := slices.Index(r.ids[:], id); i >= 0 {
		r.ids[i] = ""
	}
}
