package store

// MemoryKeeps is how many records a memory store holds, ended ones included.
func MemoryKeeps(s Store) int {
	m, _ := s.(*memory)
	n := 0
	for _, table := range m.tables {
		n += len(table)
	}
	return n
}
