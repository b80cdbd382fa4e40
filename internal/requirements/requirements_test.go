package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheRowsAreWhole(t *testing.T) {
	rows, err := parseRows(rowsFile)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 237 {
		t.Errorf("got %d rows, want 237", len(rows))
	}
}

func TestBadRows(t *testing.T) {
	for file, want := range map[string]string{
		"A001\tx":                      "rows.txt:1",
		"A001\ta\tb\nB002\ta\tb":       "rows.txt:2",
		"A001\ta\tb\nA001\ta\tanother": "A001 twice",
	} {
		if _, err := parseRows(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", file, err, want)
		}
	}
}

func TestTheRowsATestNames(t *testing.T) {
	for name, want := range map[string][]string{
		"TestA051_Heartbeat":         {"A051"},
		"TestA051":                   {"A051"},
		"TestA051_A052_Heartbeat":    {"A051", "A052"},
		"TestLifecycle/A040_order":   {"A040"},
		"TestA040_Run/A041_profile":  {"A040", "A041"},
		"TestLifecycle/A040#01":      {"A040"},
		"TestRA051_Heartbeat":        nil,
		"TestA0512_Heartbeat":        nil,
		"TestR05_Drain/of A051 only": nil,
	} {
		if diff := cmp.Diff(want, idsOf(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

const events = `
{"Action":"run","Package":"p","Test":"TestA001_Install"}
{"Action":"output","Package":"p","Test":"TestA001_Install","Output":"--- FAIL"}
{"Action":"pass","Package":"p","Test":"TestA001_Install"}
{"Action":"pass","Package":"p","Test":"TestNew/A002_folder"}
{"Action":"pass","Package":"p","Test":"TestNew"}
{"Action":"pass","Package":"q","Test":"TestA003_Makefile"}
{"Action":"fail","Package":"p","Test":"TestA003_Makefile"}
{"Action":"skip","Package":"p","Test":"TestA004_Layout"}
{"Action":"skip","Package":"p","Test":"TestA005_Main/one"}
{"Action":"pass","Package":"p","Test":"TestA005_Main"}
{"Action":"skip","Package":"p","Test":"TestA006_Options/one"}
{"Action":"pass","Package":"p","Test":"TestA006_Options/two"}
{"Action":"pass","Package":"p","Test":"TestA006_Options"}
{"Action":"fail","Package":"p"}
{"Action":"pass","Package":"q"}
`

func TestVerdicts(t *testing.T) {
	var results Results
	if err := results.Read(strings.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	want := map[string]Verdict{
		"A001": {Passes, []string{"TestA001_Install"}},
		"A002": {Passes, []string{"TestNew/A002_folder"}},
		"A003": {Fails, []string{"TestA003_Makefile"}},
		"A004": {Skipped, []string{"TestA004_Layout"}},
		"A005": {Skipped, []string{"TestA005_Main", "TestA005_Main/one"}},
		"A006": {Passes, []string{"TestA006_Options", "TestA006_Options/two"}},
	}
	if diff := cmp.Diff(want, results.Verdicts()); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"p"}, results.Failed); diff != "" {
		t.Errorf("failed packages (-want +got):\n%s", diff)
	}
}

func TestTheReport(t *testing.T) {
	cases := []struct {
		name, in string
		args     []string
		want     []string
		without  string
		err      string
	}{
		{name: "a run in order", in: `{"Action":"pass","Package":"p","Test":"TestA001_X"}`,
			want: []string{"A001  pass ", "A002  -  ", "requirements: 1 of 237 rows have a passing test\n"}},
		{name: "only what is missing", in: `{"Action":"pass","Package":"p","Test":"TestA001_X"}`, args: []string{"-missing"},
			want: []string{"A002  -  ", "requirements: 1 of 237"}, without: "A001"},
		{name: "a failing package fails the command", in: events, want: []string{"A003  FAIL", "requirements: 3 of 237"}, err: "failed: p"},
		{name: "a row that does not exist", in: `{"Action":"pass","Package":"p","Test":"TestA999_X"}`,
			want: []string{"requirements: 0 of 237"}, err: "no row A999, named by TestA999_X"},
		{name: "what is not an event", in: "ok p 1s", err: "read go test's events"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := run(t.Context(), append(test.args, "-json", "-"), strings.NewReader(test.in), &out)
			if (err == nil) != (test.err == "") || (err != nil && !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the report lacks %q", want)
				}
			}
			if test.without != "" && strings.Contains(out.String(), test.without) {
				t.Errorf("the report shows %q", test.without)
			}
		})
	}
}
