package registry

// Pending is how many changes a table's watcher holds.
func Pending(w Watcher) int { return len(w.(*tableWatcher).queue) }
