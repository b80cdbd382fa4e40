package bench

// For tests of the arithmetic.
var (
	Median = median
	Ratio  = ratio
	Turns  = turns
	Short  = short
)

// Percentile of whole numbers.
func Percentile(sorted []int, p int) int { return percentile(sorted, p) }

// Judge makes a row of a goal.
func (g Goal) Judge(s Samples) Row { return g.judge(s) }

// Bounds for goals.
var (
	Most    = most
	AtMost  = atMost
	AtLeast = atLeast
)

// Calls makes a cell.
var Calls = calls
