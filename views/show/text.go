package show

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/microtop/microtop/introspect/shell"
	"github.com/microtop/microtop/tui/safetext"
)

// Unknown stands where a node tells nothing.
const Unknown = "-"

// Rate writes a rate per second in at most five characters: "0", "0.4", "812", "12.4k".
func Rate(perSecond float64) string {
	switch v := perSecond; {
	case math.IsNaN(v) || v < 0:
		return Unknown
	case v == 0:
		return "0"
	case v < 0.1:
		return "<0.1"
	case v < 9.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case v < 999.5:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v < 99_950:
		return strconv.FormatFloat(v/1e3, 'f', 1, 64) + "k"
	case v < 999_500:
		return strconv.FormatFloat(v/1e3, 'f', 0, 64) + "k"
	default:
		return strconv.FormatFloat(v/1e6, 'f', 1, 64) + "M"
	}
}

// Percent writes a share of 0 to 1 without its sign: "0", "<0.1", "2.5", "100".
func Percent(share float64) string {
	switch v := share * 100; {
	case math.IsNaN(v) || v < 0:
		return Unknown
	case v == 0:
		return "0"
	case v < 0.1:
		return "<0.1"
	case v < 9.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(min(v, 100), 'f', 0, 64)
	}
}

// Bytes writes a size: "512 B", "38 MB", "1.2 GB".
func Bytes(n uint64) string {
	v, unit := float64(n), "B"
	for _, next := range []string{"KB", "MB", "GB", "TB", "PB", "EB"} {
		if v < 999.5 {
			break
		}
		v, unit = v/1024, next
	}
	if unit != "B" && v < 9.95 {
		return strconv.FormatFloat(v, 'f', 1, 64) + " " + unit
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + " " + unit
}

// step is how finely ages below a minute are told: a list of them is to be read, not to flicker.
const step = 5 * time.Second

// Age writes how long something is ago or lasts, no finer than people care: "now", "15s", "14m", "2h14m", "3d4h".
func Age(d time.Duration) string {
	day := 24 * time.Hour
	switch {
	case d < step:
		return "now"
	case d < time.Minute:
		return whole(d.Truncate(step), time.Second, "s")
	case d < time.Hour:
		return whole(d, time.Minute, "m")
	case d < day:
		return whole(d, time.Hour, "h") + whole(d%time.Hour, time.Minute, "m")
	case d < 100*day:
		return whole(d, day, "d") + whole(d%day, time.Hour, "h")
	default:
		return whole(d, day, "d")
	}
}

// Since is the age of a moment, Unknown for none.
func Since(now, then time.Time) string {
	if then.IsZero() {
		return Unknown
	}
	return Age(now.Sub(then))
}

// For is how long something has been so, for a sentence: "since just now", "for 3m".
func For(now, then time.Time) string {
	age := Since(now, then)
	switch age {
	case Unknown:
		return "since nobody knows when"
	case "now":
		return "since just now"
	}
	return "for " + age
}

// Duration writes how long something took: "85 µs", "4.2 ms", "1.5 s".
func Duration(d time.Duration) string {
	unit, name := time.Microsecond, " µs"
	switch {
	case d >= 10*time.Minute:
		return Age(d)
	case d >= time.Second:
		unit, name = time.Second, " s"
	case d >= time.Millisecond:
		unit, name = time.Millisecond, " ms"
	}
	v := float64(d) / float64(unit)
	if v < 9.95 && unit != time.Microsecond {
		return strconv.FormatFloat(v, 'f', 1, 64) + name
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + name
}

// Count writes a number with what it counts: "1 node", "3 nodes".
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// Names joins names of which at most three are told, each in at most 30 cells: "a, b, c and 2 more".
func Names(names []string) safetext.Line {
	const most = 3
	var told []safetext.Line
	for _, name := range names[:min(len(names), most)] {
		told = append(told, safetext.Clean(name).Cut(30))
	}
	text := safetext.Join(", ", told...)
	if len(names) > most {
		text = safetext.Format("%s and %d more", text, len(names)-most)
	}
	return text
}

// SortedKeys are a map's keys in order.
func SortedKeys[V any](m map[string]V) []string {
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}

// Command is a command line with its arguments quoted for a shell.
func Command(args ...string) string { return shell.Join(args...) }

func whole(d, unit time.Duration, name string) string {
	return strconv.FormatInt(int64(d/unit), 10) + name
}
