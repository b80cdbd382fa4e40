package profiling_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/profiling"
)

type flatCum struct{ Flat, Cum int64 }

// goPprof is where go tool pprof is; to look it up takes longer than a run of it.
var goPprof = sync.OnceValues(func() (string, error) {
	path, err := exec.CommandContext(context.Background(), "go", "tool", "-n", "pprof").Output()
	return strings.TrimSpace(string(path)), err
})

// goToolTop runs go tool pprof -top and reads its rows, summed by name.
func goToolTop(t *testing.T, unit string, args ...string) map[string]flatCum {
	t.Helper()
	path, err := goPprof()
	if err != nil {
		t.Fatalf("look for go tool pprof: %v", err)
	}
	all := append([]string{"-top", "-nodecount=0", "-nodefraction=0", "-symbolize=none", "-unit=" + unit}, args...)
	cmd := exec.CommandContext(context.Background(), path, all...)
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go tool pprof: %v: %s", err, stderr.String())
	}
	row := regexp.MustCompile(`^\s*(-?[\d.]+)(?:ns|B)?\s+\S+\s+\S+\s+(-?[\d.]+)(?:ns|B)?\s+\S+\s+(.*?)(?: \((?:partial-)?inline\))?$`)
	rows := map[string]flatCum{}
	for line := range strings.Lines(string(out)) {
		if m := row.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			name := strings.TrimSuffix(m[3], " ?") // of a line it does not know
			r := rows[name]
			rows[name] = flatCum{r.Flat + number(t, m[1]), r.Cum + number(t, m[2])}
		}
	}
	if len(rows) == 0 {
		t.Fatalf("no rows in:\n%s", out)
	}
	return rows
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTopAgreesWithGoTool(t *testing.T) {
	write := func(name string, data []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	cpu, heap := write("cpu.pb.gz", realCPU()), write("heap.pb.gz", realHeap())
	re := regexp.MustCompile
	for _, tc := range []struct {
		name string
		data []byte
		file string
		unit string
		o    profiling.Options
		args []string
	}{
		{"cpu", realCPU(), cpu, "ns", profiling.Options{}, nil},
		{"cpu samples", realCPU(), cpu, "count", profiling.Options{Type: "samples"}, []string{"-sample_index=samples"}},
		{"cpu by line", realCPU(), cpu, "ns", profiling.Options{Granularity: profiling.ByLine}, []string{"-lines"}},
		{"cpu by file", realCPU(), cpu, "ns", profiling.Options{Granularity: profiling.ByFile}, []string{"-files"}},
		{"cpu focus", realCPU(), cpu, "ns", profiling.Options{Focus: re("scoreCandidates")}, []string{"-focus=scoreCandidates"}},
		{"cpu ignore", realCPU(), cpu, "ns", profiling.Options{Ignore: re("sha256block")}, []string{"-ignore=sha256block"}},
		{"cpu hide", realCPU(), cpu, "ns", profiling.Options{Hide: re("sha256|fips140")}, []string{"-hide=sha256|fips140"}},
		{"heap", realHeap(), heap, "B", profiling.Options{}, nil},
		{"heap objects", realHeap(), heap, "count", profiling.Options{Type: "alloc_objects"}, []string{"-sample_index=alloc_objects"}},
		{"heap by line", realHeap(), heap, "B", profiling.Options{Granularity: profiling.ByLine, Type: "alloc_space"}, []string{"-lines", "-sample_index=alloc_space"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := goToolTop(t, tc.unit, append(tc.args, tc.file)...)
			table, err := profiling.Top(parse(t, tc.data), tc.o)
			if err != nil {
				t.Fatal(err)
			}
			if tc.o.Granularity == profiling.ByFile {
				// Here pprof has a row per function, so its cum counts a file several times a stack.
				for name, r := range want {
					want[name] = flatCum{Flat: r.Flat}
				}
				for i := range table.Rows {
					table.Rows[i].Cum = 0
				}
			}
			got := map[string]flatCum{}
			for _, r := range table.Rows {
				name := r.Name
				if tc.o.Granularity == profiling.ByLine && r.Line > 0 {
					name = fmt.Sprintf("%s %s:%d", r.Name, r.File, r.Line)
				}
				got[name] = flatCum{got[name].Flat + r.Flat, got[name].Cum + r.Cum}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows differ from go tool pprof (-) :\n%s", diff)
			}
		})
	}
}

func TestTopCountsRecursionOnceAndFindsTheBurner(t *testing.T) {
	p := fake(t,
		stack{100, []string{"main.main", "main.f", "main.f", "main.f"}},
		stack{50, []string{"main.main", "main.f", "main.g"}})
	table, err := profiling.Top(p, profiling.Options{Cum: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]flatCum{}
	for _, r := range table.Rows {
		got[r.Name] = flatCum{r.Flat, r.Cum}
	}
	want := map[string]flatCum{"main.main": {0, 150}, "main.f": {100, 150}, "main.g": {50, 50}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if table.Rows[0].Name != "main.f" || table.Rows[2].Name != "main.g" || table.Rows[2].SumPercent != 100 {
		t.Errorf("order by cum: %+v", table.Rows)
	}

	busy, err := profiling.Top(parse(t, realCPU()), profiling.Options{Project: true, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(busy.Rows) != 1 || !strings.HasSuffix(busy.Rows[0].Name, ".scoreCandidates") || busy.Count < 2 {
		t.Errorf("project only, first row: %+v", busy)
	}
}

func TestProjectHidesRuntimeAndStandardLibrary(t *testing.T) {
	p := fake(t,
		stack{30, []string{"runtime.main", "main.main", "encoding/json.Marshal", "runtime.mallocgc"}},
		stack{20, []string{"runtime.gcBgMarkWorker"}})
	table, err := profiling.Top(p, profiling.Options{Project: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 1 || table.Rows[0].Name != "main.main" || table.Rows[0].Flat != 30 {
		t.Errorf("rows %+v: want main.main alone, with what it called", table.Rows)
	}
	if table.Total != 50 || table.Shown != 30 || table.Rows[0].FlatPercent != 60 {
		t.Errorf("total %d, shown %d, %v %%: want 50, 30, 60 %%", table.Total, table.Shown, table.Rows[0].FlatPercent)
	}
}

func TestTopUnknownSampleTypeNamesTheKnown(t *testing.T) {
	_, err := profiling.Top(fake(t, stack{1, []string{"f"}}), profiling.Options{Type: "wall"})
	if err == nil || !strings.Contains(err.Error(), "samples, cpu") {
		t.Errorf("error %v", err)
	}
}

func TestPackageOf(t *testing.T) {
	for name, want := range map[string]string{
		"main.main": "main",
		"github.com/google/pprof/profile.(*Profile).Write":  "github.com/google/pprof/profile",
		"slices.SortFunc[go.shape.[]a/b.T,go.shape.*c/d.E]": "slices",
		"gopkg.in/yaml%2ev3.Unmarshal":                      "gopkg.in/yaml.v3",
		"shop/ads.(*Cache[go.shape.int]).Get.func1":         "shop/ads",
		"memmove": "",
		"":        "",
		".":       "",
		"a/":      "",
	} {
		if got := profiling.PackageOf(name); got != want {
			t.Errorf("PackageOf(%q) = %q, want %q", name, got, want)
		}
	}
	for pkg, want := range map[string]bool{"runtime": true, "runtime/pprof": true, "net/http": true, "": true, "internal/poll": true, "main": false, "shop/net": false, "golang.org/x/net": false, "time2": false} {
		if got := profiling.IsStandard(pkg); got != want {
			t.Errorf("IsStandard(%q) = %v", pkg, got)
		}
	}
}

func BenchmarkTop(b *testing.B) {
	p := big(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := profiling.Top(p, profiling.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
