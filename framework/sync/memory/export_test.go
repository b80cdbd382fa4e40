package memory

import "github.com/microtop/microtop/framework/sync"

// Locks is how many locks the Sync knows of.
func Locks(s sync.Sync) int {
	m, _ := s.(*memory)
	return len(m.locks.locks)
}
