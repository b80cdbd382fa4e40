package invoke

var (
	FirstValue = firstValue
	Canonical  = canonical
)
