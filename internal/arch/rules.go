package arch

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is one rule of the house.
type Rule struct {
	Name string // short, as findings show it
	Mend string // what to do about a breach
	Find func(*House) []Finding
}

// Finding is one breach of a rule.
type Finding struct {
	Rule    string
	File    string
	Line    int    // 0 when it is the whole file or folder
	Subject string // what an exception names: the file, or file:Name
	What    string
	Mend    string
}

// String gives the finding in the form compilers use, with the way to mend it on a second line.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s\n\tmend: %s", f.File, f.Line, f.Rule, f.What, f.Mend)
}

// Exception allows one breach.
type Exception struct {
	Rule    string
	Subject string
	Reason  string
}

// Rules are the rules of the house, in the order they are reported.
func Rules() []Rule {
	return []Rule{
		{"floors", "move the code to the floor that may import it, or hand the value down as a parameter or a small interface; the table is in floors.go", floors},
		{"views apart", "ask the shell to push the other screen; move what both draw to tui", viewsApart},
		{"no terminal below the views", "return plain data; drawing belongs to tui and views", noTerminal},
		{"drivers at home", "import the product's library only below a folder named after the product (drivers.go)", driversAtHome},
		{"top level", "put it into the room it belongs to; a new room needs a line in rooms.go and in the architecture's table", topLevel},
		{"internal rooms", "put it into one of the rooms of internal/, or add the room to rooms.go with what it is for", internalRooms},
		{"names", "name the package after what it gives: a noun of the field", names},
		{"short main", "keep main.go at os.Exit(cli.Main(...)); the rest belongs to internal/cli", shortMain},
		{"file length", "split the file by concept", fileLength},
		{"goroutines of the screen", "return a tea.Cmd, or start it through tui/guard, which turns a panic into an error on the screen", screenGoroutines},
		{"no init", "construct it where it is used; only a register.go below framework/ may have an init, to register a plug-in's name", noInit},
		{"no loose timers", "use a time.Timer that is stopped, a time.Ticker, or a context with a deadline", noLooseTimers},
		{"no wall clock", "keep the time.Time itself: compared and subtracted it goes by the monotonic clock", noWallClock},
		{"no stored context", "pass the context as the first parameter of each method; where the field is right all the same, say why behind it: //nolint:containedctx // reason", noStoredContext},
		{"leak check", "add func TestMain(m *testing.M) { goleak.VerifyTestMain(m) } to the package's tests", leakCheck},
	}
}

// Inspect holds the house against the rules. An exception without a reason, or that no breach needs, is a finding too.
func Inspect(h *House, rules []Rule, exceptions []Exception) []Finding {
	var found []Finding
	used := make([]bool, len(exceptions))
	for _, rule := range rules {
		for _, finding := range rule.Find(h) {
			if finding.Subject == "" {
				finding.Subject = finding.File
			}
			i := slices.IndexFunc(exceptions, func(e Exception) bool { return e.Rule == rule.Name && e.Subject == finding.Subject })
			if i >= 0 {
				used[i] = true
				continue
			}
			finding.Rule, finding.Mend = rule.Name, rule.Mend
			found = append(found, finding)
		}
	}
	for i, e := range exceptions {
		where := Finding{Rule: "exceptions", File: "internal/arch/exceptions.go"}
		switch {
		case !used[i]:
			where.What = fmt.Sprintf("%q no longer needs its exception from %q", e.Subject, e.Rule)
			where.Mend = "delete the line"
		case strings.TrimSpace(e.Reason) == "":
			where.What = fmt.Sprintf("the exception of %q from %q has no reason", e.Subject, e.Rule)
			where.Mend = "say why the breach is right"
		default:
			continue
		}
		found = append(found, where)
	}
	return found
}
