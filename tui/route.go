package tui

import (
	"errors"
	"slices"
	"strings"
)

// Route is how a screen is made. The name is its ":" command.
type Route struct {
	Name    string
	Aliases []string
	Help    string // one line
	// New makes the screen. with is what [Open] carries, or a string, the rest of the
	// command line, or nil. It does no I/O; the error is shown.
	New func(with any) (Screen, error)
	// Actions lists the screen's actions for the check of a keymap; Run may be nil.
	// Without it the screen's keys can be remapped but typing errors go unnoticed.
	Actions func() []Action
	// Command writes the command line that shows the same as a screen opened with this,
	// for the log; "" where there is none. nil: there never is.
	Command func(with any) string
	// Complete returns what tab would add to the argument typed so far, "" for nothing. It
	// is called at each key and does no I/O; nil completes nothing.
	Complete func(arg string) string
}

// make makes the screen.
func (r Route) make(with any) (Screen, error) {
	screen, err := r.New(with)
	if err == nil && screen == nil {
		err = errors.New("no screen was made")
	}
	return screen, err
}

// routes in the order given.
type routes []Route

func (r routes) find(name string) (Route, bool) {
	i := slices.IndexFunc(r, func(r Route) bool { return r.Name == name || slices.Contains(r.Aliases, name) })
	if i < 0 {
		return Route{}, false
	}
	return r[i], true
}

// nearest returns up to three of names that look like name, the best first.
func nearest(name string, names []string) []string {
	type scored struct {
		name string
		far  int
	}
	var close []scored
	for _, n := range names {
		far := distance(name, n)
		if strings.HasPrefix(n, name) {
			far = 0
		}
		if far <= 1+len(name)/3 {
			close = append(close, scored{n, far})
		}
	}
	slices.SortStableFunc(close, func(a, b scored) int { return a.far - b.far })
	var out []string
	for _, s := range close[:min(3, len(close))] {
		out = append(out, s.name)
	}
	return out
}

// distance is how many characters to add, drop or change to get from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
