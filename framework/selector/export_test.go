package selector

// Marks is how many failing nodes a selector remembers.
func Marks(s Selector) int { return int(s.(*balancer).health.marks.Load()) }

// Busy is how many services have calls under way.
func Busy(s Selector) int {
	l := &s.(*balancer).load
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.busy)
}
