package events

// Topics is how many topics an event store holds.
func Topics(s Store) int {
	m, _ := s.(*memoryStore)
	return len(m.shelves)
}
