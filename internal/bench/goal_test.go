package bench_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/microtop/microtop/internal/bench"
)

func TestGoals(t *testing.T) {
	rounds := func(values ...float64) (out []bench.Figures) {
		for _, v := range values {
			out = append(out, bench.Figures{bench.CPU: v})
		}
		return out
	}
	samples := bench.Samples{"unary": {
		bench.Micro: rounds(4, 40, 400), bench.GRPC: rounds(10, 100, 1000), bench.V4: rounds(40, 800, 4000),
		bench.NetHTTP: {nil, nil, nil},
	}}
	for _, c := range []struct {
		name   string
		bounds []bench.Bound
		met    bool
	}{
		{"at most so many times another", []bench.Bound{bench.AtMost(0.41, bench.GRPC)}, true},
		{"more than that", []bench.Bound{bench.AtMost(0.39, bench.GRPC)}, false},
		{"at least so many times another", []bench.Bound{bench.AtLeast(0.09, bench.V4)}, true},
		{"all bounds must hold", []bench.Bound{bench.AtMost(0.41, bench.GRPC), bench.AtMost(0.05, bench.V4)}, false},
		{"so much more than another", []bench.Bound{{Value: -60, Than: bench.GRPC, More: true}}, true},
		{"more than so much more", []bench.Bound{{Value: -61, Than: bench.GRPC, More: true}}, false},
		{"so much more than nobody", []bench.Bound{{Value: 10, Than: "somebody", More: true}}, false},
		{"the figure itself", []bench.Bound{bench.Most(40)}, true},
		{"what was not measured is not met", []bench.Bound{bench.AtMost(100, "somebody")}, false},
		{"what failed in all rounds is not met", []bench.Bound{bench.AtMost(100, bench.NetHTTP)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := bench.Goal{What: c.name, Cell: "unary", System: bench.Micro, Figure: bench.CPU, Bounds: c.bounds}.Judge(samples)
			if row.Met != c.met {
				t.Errorf("met = %v: %+v", row.Met, row)
			}
		})
	}
	t.Run("a figure that is missing is not met", func(t *testing.T) {
		row := bench.Goal{Cell: "unary", System: bench.Micro, Figure: bench.P99, Bounds: []bench.Bound{bench.Most(1)}}.Judge(samples)
		if row.Met || row.Ours != nil {
			t.Errorf("%+v", row)
		}
	})
}

func TestEachGoalIsAboutACellThatIsMeasured(t *testing.T) {
	systems := map[string]map[string]bool{}
	for _, c := range bench.Cells() {
		if systems[c.Name] != nil {
			t.Errorf("two cells are named %q", c.Name)
		}
		systems[c.Name] = map[string]bool{}
		for _, v := range c.Visits {
			systems[c.Name][v.System] = true
		}
	}
	for _, g := range bench.Goals() {
		if !systems[g.Cell][g.System] {
			t.Errorf("%s: %s is not measured in %q", g.What, g.System, g.Cell)
		}
		for _, b := range g.Bounds {
			if b.Than != "" && !systems[g.Cell][b.Than] {
				t.Errorf("%s: %s is not measured in %q", g.What, b.Than, g.Cell)
			}
		}
	}
}

func TestTheReportIsJSONWhateverIsMissing(t *testing.T) {
	r := bench.Report{Samples: bench.Samples{"unary": {bench.Micro: {nil, {bench.P99: math.NaN(), bench.Rate: 5}}}}}
	r.Rows = []bench.Row{bench.Goal{What: "row", Cell: "unary", System: bench.Micro, Figure: bench.P99, Bounds: []bench.Bound{bench.Most(1)}}.Judge(r.Samples)}
	var out, table bytes.Buffer
	if err := r.JSON(&out); err != nil || !json.Valid(out.Bytes()) {
		t.Fatalf("%v: %s", err, out.Bytes())
	}
	r.Table(&table)
	if !strings.Contains(table.String(), "0 of 1 goals met") {
		t.Error(table.String())
	}
}
