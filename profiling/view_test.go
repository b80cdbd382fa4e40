package profiling_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"

	"github.com/microtop/microtop/profiling"
)

// shape writes a tree as text: name self/total, one more dot a level.
func shape(f *profiling.Frame, depth int) string {
	var b strings.Builder
	b.WriteString(strings.Repeat(".", depth) + f.Name + " " + profiling.FormatValue(f.Self, "count") + "/" + profiling.FormatValue(f.Total, "count"))
	if f.Inlined {
		b.WriteString(" inlined")
	}
	b.WriteString("\n")
	for _, c := range f.Children {
		b.WriteString(shape(c, depth+1))
	}
	return b.String()
}

func shop(t testing.TB) *profiling.Profile {
	return fake(t,
		stack{100, []string{"main.main", "shop/cart.Add", "runtime.mallocgc"}},
		stack{30, []string{"main.main", "shop/cart.Add"}},
		stack{50, []string{"main.main", "shop/ads.Pick", "runtime.mallocgc"}},
		stack{20, []string{"main.main", "shop/cart.Add", "shop/cart.Add"}})
}

func TestFlame(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    profiling.Options
		want string
	}{
		{"from the root", profiling.Options{}, `all 0/200
.main.main 0/200
..shop/cart.Add 30/150
...runtime.mallocgc 100/100
...shop/cart.Add 20/20
..shop/ads.Pick 0/50
...runtime.mallocgc 50/50
`},
		{"inverted", profiling.Options{Invert: true}, `all 0/200
.runtime.mallocgc 0/150
..shop/cart.Add 0/100
...main.main 100/100
..shop/ads.Pick 0/50
...main.main 50/50
.shop/cart.Add 0/50
..main.main 30/30
..shop/cart.Add 0/20
...main.main 20/20
`},
		{"focus and project", profiling.Options{Focus: regexp.MustCompile("ads"), Project: true}, `all 0/50
.main.main 0/50
..shop/ads.Pick 50/50
`},
		{"ignore and hide", profiling.Options{Ignore: regexp.MustCompile("ads"), Hide: regexp.MustCompile("^main")}, `all 0/150
.shop/cart.Add 30/150
..runtime.mallocgc 100/100
..shop/cart.Add 20/20
`},
		{"nothing left", profiling.Options{Focus: regexp.MustCompile("nowhere")}, "all 0/0\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root, err := profiling.Flame(shop(t), tc.o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, shape(root, 0)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFlameKeepsInlinedFrames(t *testing.T) {
	raw := draft(stack{10, []string{"main.main", "main.outer"}})
	inner := &profile.Function{ID: 9, Name: "main.inner"}
	raw.Function = append(raw.Function, inner)
	leaf := raw.Sample[0].Location[0]
	leaf.Line = append([]profile.Line{{Function: inner, Line: 3}}, leaf.Line...)
	root, err := profiling.Flame(parse(t, encode(t, raw)), profiling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "all 0/10\n.main.main 0/10\n..main.outer 0/10\n...main.inner 10/10 inlined\n"
	if diff := cmp.Diff(want, shape(root, 0)); diff != "" {
		t.Error(diff)
	}
	if f := root.Children[0].Children[0]; f.Package != "main" || f.File != "/src/main.outer.go" || f.Line != 10 {
		t.Errorf("frame %+v", f.Symbol)
	}
}

func TestUnnamedCodeIsNamedByItsBinary(t *testing.T) {
	raw := draft(stack{10, []string{"main.main", "x"}})
	m := &profile.Mapping{ID: 1, File: "/usr/lib/libc.so.6"}
	raw.Mapping = append(raw.Mapping, m)
	leaf := raw.Sample[0].Location[0]
	leaf.Line, leaf.Mapping = nil, m
	root, err := profiling.Flame(parse(t, encode(t, raw)), profiling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := root.Children[0].Children[0].Name; got != "[libc.so.6]" {
		t.Errorf("named %q", got)
	}
}

func TestTree(t *testing.T) {
	rows, err := profiling.Tree(shop(t), profiling.Options{Limit: 4})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, strings.Repeat(".", r.Depth)+r.Name+" "+profiling.FormatPercent(r.Percent))
	}
	want := []string{"all 100%", ".main.main 100%", "..shop/cart.Add 75%", "...runtime.mallocgc 50%"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	all, err := profiling.Tree(shop(t), profiling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 7 || !all[6].Leaf || all[0].Leaf {
		t.Errorf("%d rows without a limit: %+v", len(all), all)
	}
}

func TestPeek(t *testing.T) {
	n, err := profiling.Peek(shop(t), "mallocgc", profiling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n.Row.Name != "runtime.mallocgc" || n.Row.Flat != 150 || len(n.Callees) != 0 || len(n.Callers) != 2 {
		t.Fatalf("%+v", n)
	}
	if c := n.Callers[0]; c.Name != "shop/cart.Add" || c.Value != 100 || profiling.FormatPercent(c.Percent) != "66.67%" {
		t.Errorf("first caller %+v", c)
	}
	n, err = profiling.Peek(shop(t), "shop/cart.Add", profiling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Callers) != 1 || n.Callers[0].Value != 150 || len(n.Callees) != 1 || n.Callees[0].Value != 100 {
		t.Errorf("a call of itself is no edge: %+v", n)
	}
	for name, says := range map[string]string{
		"malloc": "near it are runtime.mallocgc",
		"zzz":    "the largest are",
		"":       "the largest are",
	} {
		if _, err := profiling.Peek(shop(t), name, profiling.Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("Peek(%q): %v, want %q", name, err, says)
		}
	}
	two := fake(t, stack{1, []string{"a.Get"}}, stack{1, []string{"b.Get"}})
	if _, err := profiling.Peek(two, "Get", profiling.Options{}); err == nil || !strings.Contains(err.Error(), "a.Get, b.Get") {
		t.Errorf("two functions end so: %v", err)
	}
}

func TestMerge(t *testing.T) {
	a, b := fake(t, stack{100, []string{"main.main", "f"}}), fake(t, stack{50, []string{"main.main", "f"}}, stack{10, []string{"main.main", "g"}})
	m, err := profiling.Merge([]*profiling.Profile{a, b})
	if err != nil {
		t.Fatal(err)
	}
	root, err := profiling.Flame(m, profiling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "all 0/160\n.main.main 0/160\n..f 150/150\n..g 10/10\n"
	if diff := cmp.Diff(want, shape(root, 0)); diff != "" {
		t.Error(diff)
	}
	if a.Total("") != 100 || m.Kind != profiling.CPU || m.Total("") != 160 {
		t.Errorf("a %d, merged %d of kind %q", a.Total(""), m.Total(""), m.Kind)
	}
	if _, err := profiling.Merge([]*profiling.Profile{a, parse(t, realHeap())}); err == nil || !strings.Contains(err.Error(), "different kinds") {
		t.Errorf("cpu and heap merged: %v", err)
	}
	if _, err := profiling.Merge(nil); err == nil {
		t.Error("nothing merged")
	}
}

func TestDiffKeepsBothTrees(t *testing.T) {
	base := fake(t, stack{100, []string{"main.main", "f"}}, stack{40, []string{"main.main", "old"}}, stack{5, []string{"main.main", "same"}})
	next := fake(t, stack{30, []string{"main.main", "f"}}, stack{60, []string{"main.main", "new"}}, stack{5, []string{"main.main", "same"}})
	c, err := profiling.Diff(base, next, profiling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Name      string
		Flat, Cum int64
	}
	var rows []row
	for _, r := range c.Rows {
		rows = append(rows, row{r.Name, r.Flat, r.Cum})
	}
	if diff := cmp.Diff([]row{{"f", -70, -70}, {"new", 60, 60}, {"old", -40, -40}, {"main.main", 0, -50}}, rows); diff != "" {
		t.Error(diff)
	}
	top := c.Flame.Children[0]
	if top.BaseTotal != 145 || top.NewTotal != 95 || top.Delta() != -50 || c.BaseTotal != 145 || c.NewTotal != 95 {
		t.Errorf("main.main %+v of %d and %d", top, c.BaseTotal, c.NewTotal)
	}
	type box struct {
		Name      string
		Base, New int64
	}
	var boxes []box
	for _, f := range top.Children {
		boxes = append(boxes, box{f.Name, f.BaseTotal, f.NewTotal})
	}
	if diff := cmp.Diff([]box{{"f", 100, 30}, {"new", 0, 60}, {"old", 40, 0}, {"same", 5, 5}}, boxes); diff != "" {
		t.Error(diff)
	}
	if _, err := profiling.Diff(base, parse(t, realHeap()), profiling.Options{}); err == nil {
		t.Error("cpu compared with heap")
	}
}

func TestDiffAgreesWithGoTool(t *testing.T) {
	base, next := shop(t), fake(t,
		stack{10, []string{"main.main", "shop/cart.Add", "runtime.mallocgc"}},
		stack{90, []string{"main.main", "shop/ads.Pick"}})
	dir := t.TempDir()
	for name, p := range map[string]*profiling.Profile{"base": base, "next": next} {
		data, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := profiling.WriteFile(dir+"/"+name+".pb.gz", profiling.Meta{}, data, false); err != nil {
			t.Fatal(err)
		}
	}
	want := goToolTop(t, "ns", "-diff_base="+dir+"/base.pb.gz", dir+"/next.pb.gz")
	c, err := profiling.Diff(base, next, profiling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]flatCum{}
	for _, r := range c.Rows {
		got[r.Name] = flatCum{r.Flat, r.Cum}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGoroutineGroups(t *testing.T) {
	groups, err := profiling.GoroutineGroups(parse(t, realGoroutines(t)), profiling.Options{Focus: regexp.MustCompile("parked")})
	if err != nil {
		t.Fatal(err)
	}
	if len(groups) != 1 {
		t.Fatalf("%d groups: %+v", len(groups), groups)
	}
	g := groups[0]
	if g.Count != 7 || g.Wait != "chan receive" || g.Labels["order"] != "17" {
		t.Errorf("group %+v", g)
	}
	found := false
	for _, s := range g.Stack {
		found = found || strings.HasSuffix(s.Name, ".parked") && s.Line > 0
	}
	if !found || g.Stack[0].Package != "runtime" {
		t.Errorf("stack, leaf first: %+v", g.Stack)
	}
	if _, err := profiling.GoroutineGroups(shop(t), profiling.Options{}); err == nil || !strings.Contains(err.Error(), "cpu") {
		t.Errorf("a cpu profile grouped: %v", err)
	}
}

func TestFolded(t *testing.T) {
	p := fake(t, stack{5, []string{"main.main", "b"}}, stack{7, []string{"main.main", "a;\nx"}}, stack{1, []string{"main.main", "b"}})
	got, err := profiling.Folded(p, profiling.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "main.main;a: x 7\nmain.main;b 6\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFormatValue(t *testing.T) {
	for _, tc := range []struct {
		v    int64
		unit string
		want string
	}{
		{0, "nanoseconds", "0"}, {999, "nanoseconds", "999ns"}, {1500, "nanoseconds", "1.50µs"},
		{10_000_000, "nanoseconds", "10ms"}, {1_500_000_000, "nanoseconds", "1.50s"}, {-90_000_000_000, "nanoseconds", "-1.50min"},
		{3, "seconds", "3s"}, {1, "microseconds", "1µs"}, {7200, "seconds", "2h"},
		{1023, "bytes", "1023B"}, {2048, "bytes", "2KB"}, {-1572864, "bytes", "-1.50MB"}, {5 << 30, "bytes", "5GB"},
		{12345, "count", "12345"}, {7, "objects", "7"}, {7, "widgets", "7 widgets"}, {7, "", "7"},
	} {
		if got := profiling.FormatValue(tc.v, tc.unit); got != tc.want {
			t.Errorf("FormatValue(%d, %q) = %q, want %q", tc.v, tc.unit, got, tc.want)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, k := range profiling.Kinds() {
		if got, err := profiling.ParseKind(strings.ToUpper(string(k))); err != nil || got != k || len(k.Explain()) < 40 {
			t.Errorf("kind %q: %q, %v, %q", k, got, err, k.Explain())
		}
		if (k == profiling.Trace) != (k.SampleType() == "") || (k == profiling.Trace) != (k.Ext() == ".trace") {
			t.Errorf("kind %q: sample type %q, ending %q", k, k.SampleType(), k.Ext())
		}
	}
	if _, err := profiling.ParseKind("ram"); err == nil || !strings.Contains(err.Error(), "cpu, heap, allocs") {
		t.Errorf("error %v", err)
	}
	if _, err := profiling.CompilePattern("focus", "("); err == nil || !strings.Contains(err.Error(), "focus") {
		t.Errorf("error %v", err)
	}
	if g, err := profiling.ParseGranularity(""); err != nil || g != profiling.ByFunction {
		t.Errorf("granularity %q, %v", g, err)
	}
}

func BenchmarkFlame(b *testing.B) {
	p := big(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := profiling.Flame(p, profiling.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
