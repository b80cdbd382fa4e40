package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is a line of go test -json, as far as it matters here.
type event struct {
	Action  string
	Package string
	Test    string
}

// Results are the ends of all tests of a run.
type Results struct {
	tests  map[string]map[string]string // package → test → pass, fail or skip
	Failed []string                     // packages that failed, sorted; a package that did not build is one
}

// Read adds the events of one go test -json run.
func (r *Results) Read(in io.Reader) error {
	if r.tests == nil {
		r.tests = map[string]map[string]string{}
	}
	decoder := json.NewDecoder(in)
	for {
		var e event
		err := decoder.Decode(&e)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read go test's events: %w", err)
		}
		r.add(e)
	}
}

func (r *Results) add(e event) {
	if e.Action != "pass" && e.Action != "fail" && e.Action != "skip" {
		return
	}
	if e.Test == "" {
		if e.Action == "fail" && !slices.Contains(r.Failed, e.Package) {
			r.Failed = append(r.Failed, e.Package)
			slices.Sort(r.Failed)
		}
		return
	}
	if r.tests[e.Package] == nil {
		r.tests[e.Package] = map[string]string{}
	}
	r.tests[e.Package][e.Test] = e.Action
}

// State is how a row stands.
type State string

// A row passes when a test that names it passed and none failed.
const (
	Passes  State = "pass"
	Fails   State = "FAIL"
	Skipped State = "skipped"
	NoTest  State = "-"
)

// Verdict is a row's state and the tests behind it.
type Verdict struct {
	State State
	Tests []string // those of that state, sorted
}

// Verdicts judges every row named by a test.
func (r *Results) Verdicts() map[string]Verdict {
	named := map[string]map[State][]string{}
	for _, tests := range r.tests {
		for test, action := range tests {
			state := map[string]State{"pass": Passes, "fail": Fails, "skip": Skipped}[action]
			if state == Passes && onlySkipped(tests, test) {
				state = Skipped
			}
			for _, id := range idsOf(test) {
				if named[id] == nil {
					named[id] = map[State][]string{}
				}
				named[id][state] = append(named[id][state], test)
			}
		}
	}
	verdicts := map[string]Verdict{}
	for id, byState := range named {
		for _, state := range []State{Fails, Passes, Skipped} {
			if tests := byState[state]; len(tests) > 0 {
				slices.Sort(tests)
				verdicts[id] = Verdict{State: state, Tests: slices.Compact(tests)}
				break
			}
		}
	}
	return verdicts
}

// onlySkipped says whether a test passed only because each of its sub-tests was skipped.
func onlySkipped(tests map[string]string, parent string) bool {
	subs := 0
	for test, action := range tests {
		if !strings.HasPrefix(test, parent+"/") {
			continue
		}
		subs++
		if action != "skip" {
			return false
		}
	}
	return subs > 0
}
