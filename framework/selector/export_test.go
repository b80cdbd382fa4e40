package selector

// Marks is how many failing nodes a selector remembers.
func Marks(s Selector) int { return int(s.(*balancer).health.marks.Load()) }
