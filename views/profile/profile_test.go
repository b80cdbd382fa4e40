package profile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"
	"github.com/google/pprof/profile"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/theme"
	views "github.com/microtop/microtop/views/profile"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // golden files show times of day
	goleak.VerifyTestMain(m)
}

var sizes = []struct {
	name string
	w, h int
}{{"80x24", 80, 24}, {"200x60", 200, 60}}

// specimen is a profile of stacks, the leaf last, with their values.
func specimen(t *testing.T, kind string, scale int64, stacks map[string]int64) []byte {
	t.Helper()
	unit := map[string]string{"cpu": "nanoseconds", "goroutine": "count"}[kind]
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: kind, Unit: unit}}, TimeNanos: 1, PeriodType: &profile.ValueType{Type: kind, Unit: unit}, Period: 1}
	if kind == "cpu" {
		p.SampleType = append([]*profile.ValueType{{Type: "samples", Unit: "count"}}, p.SampleType...)
	}
	known := map[string]*profile.Location{}
	for _, stack := range slices.Sorted(maps.Keys(stacks)) {
		value := stacks[stack]
		s := &profile.Sample{Value: []int64{value * scale}}
		if kind == "cpu" {
			s.Value = []int64{value, value * scale}
		}
		for _, name := range strings.Split(stack, ";") {
			if known[name] == nil {
				f := &profile.Function{ID: uint64(len(known) + 1), Name: name, Filename: "ads/" + name[strings.LastIndexByte(name, '.')+1:] + ".go"}
				p.Function = append(p.Function, f)
				known[name] = &profile.Location{ID: f.ID, Line: []profile.Line{{Function: f, Line: int64(10 * f.ID % 7)}}}
				known[name].Line[0].Line = int64(len(name))
				p.Location = append(p.Location, known[name])
			}
			s.Location = append([]*profile.Location{known[name]}, s.Location...)
		}
		p.Sample = append(p.Sample, s)
	}
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func cpu(t *testing.T, scale int64) []byte {
	return specimen(t, "cpu", scale, map[string]int64{
		"runtime.main;main.main;shop/ads.(*Server).Recommend;shop/ads.scoreCandidates":               700,
		"runtime.main;main.main;shop/ads.(*Server).Recommend;encoding/json.Marshal;runtime.mallocgc": 200,
		"runtime.main;main.main;shop/ads.\x1b[2J\u202eevil":                                          60,
		"runtime.gcBgMarkWorker": 40,
	})
}

// folder is a store with captures, and their ids, oldest first.
func folder(t *testing.T, captures ...[]byte) (dir string, ids []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "profiles")
	s, err := profiling.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for i, data := range captures {
		kind := profiling.CPU
		if p, err := profiling.Parse(bytes.NewReader(data), profiling.Limits{}); err != nil {
			t.Fatal(err)
		} else if p.Kind == profiling.Goroutine {
			kind = profiling.Goroutine
		}
		e, err := s.Save(profiling.Meta{Service: "shop.ads", Node: fmt.Sprintf("shop.ads-%d", i), Kind: kind, Start: time.Date(2026, 11, 21, 6, i, 0, 0, time.Local), Duration: 10 * time.Second}, data)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	return dir, ids
}

func open(t *testing.T, w, h int, dir string, first func() tui.Screen) *frametest.Terminal {
	t.Helper()
	routes := views.Routes(t.Context(), nil, theme.Default(), dir)
	start := "profile"
	if first != nil {
		start = "first"
		routes = append(routes, tui.Route{Name: "first", New: func(any) (tui.Screen, error) { return first(), nil }})
	}
	return frametest.New(t, tui.Config{Name: "microtop", Start: tui.Open{Name: start}, Routes: routes}, w, h)
}

// settled is the screen without what differs from run to run: the folder and ages.
func settled(x *frametest.Terminal) string {
	x.Settle()
	text := regexp.MustCompile(`│  /\S+\s*│`).ReplaceAllString(x.Screen(), "│  DIR")
	return regexp.MustCompile(`(06:0\d:00)  +\S+ *│`).ReplaceAllString(text, "$1  AGE")
}

func TestFrames(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			dir, ids := folder(t, cpu(t, 1e6), cpu(t, 2e6), specimen(t, "goroutine", 1, map[string]int64{
				"main.main;shop/ads.(*Cache).watch;runtime.chanrecv":                   412,
				"net/http.(*conn).serve;shop/ads.serve;internal/poll.runtime_pollWait": 7,
			}))
			t.Run("list", func(t *testing.T) {
				x := open(t, size.w, size.h, dir, nil)
				x.WaitFor("shop.ads-2")
				golden.RequireEqual(t, settled(x))
			})
			t.Run("top", func(t *testing.T) {
				x := open(t, size.w, size.h, dir, func() tui.Screen { return views.NewViewer(t.Context(), dir, "", ids[0]) })
				x.WaitFor("700ms")
				golden.RequireEqual(t, settled(x))
			})
			t.Run("flame", func(t *testing.T) {
				x := open(t, size.w, size.h, dir, func() tui.Screen { return views.NewViewer(t.Context(), dir, "", ids[0]) })
				x.WaitFor("700ms")
				x.Keys("tab")
				x.WaitFor("flame graph")
				golden.RequireEqual(t, settled(x))
			})
			t.Run("diff", func(t *testing.T) {
				x := open(t, size.w, size.h, dir, func() tui.Screen { return views.NewViewer(t.Context(), dir, ids[0], ids[1]) })
				x.WaitFor("+700ms")
				golden.RequireEqual(t, settled(x))
			})
			t.Run("groups", func(t *testing.T) {
				x := open(t, size.w, size.h, dir, func() tui.Screen { return views.NewViewer(t.Context(), dir, "", ids[2]) })
				x.WaitFor("412 goroutines, chan receive")
				golden.RequireEqual(t, settled(x))
			})
			t.Run("form", func(t *testing.T) {
				x := open(t, size.w, size.h, dir, func() tui.Screen {
					return views.NewForm(t.Context(), dir, func(context.Context) ([]profiling.Target, error) {
						return []profiling.Target{{Service: "shop.ads", Version: "1.0", Node: "shop.ads-1\x1b[2J", Address: "10.0.0.1:80"}, {Service: "shop.ads", Version: "1.0", Node: "shop.ads-2", Address: "10.0.0.2:80"}}, nil
					})
				})
				x.WaitFor("2 nodes")
				golden.RequireEqual(t, settled(x))
			})
		})
	}
}

func TestListMarksDiffMergeDelete(t *testing.T) {
	dir, _ := folder(t, cpu(t, 1e6), cpu(t, 2e6))
	x := open(t, 120, 30, dir, nil)
	x.WaitFor("shop.ads-1")
	x.Keys("d")
	x.WaitFor("mark two captures")
	x.Keys("space", "space", "d")
	x.WaitFor("+700ms")
	x.WaitFor("1s → 2s")
	x.Keys("esc", "m")
	x.WaitFor("2 nodes")
	x.WaitFor("2.10s")
	x.Keys("esc", "y")
	x.WaitFor("the pprof command")
	x.WaitFor("microtop profile web ")
	x.Keys("p")
	x.WaitFor("copied the path")
	x.Keys("X")
	x.WaitFor("Delete 2 marked captures?")
	x.Keys("tab", "enter")
	x.WaitFor("no captures yet")
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestViewerFocusProjectTypePeek(t *testing.T) {
	dir, ids := folder(t, cpu(t, 1e6))
	x := open(t, 120, 30, dir, func() tui.Screen { return views.NewViewer(t.Context(), dir, "", ids[0]) })
	x.WaitFor("runtime.gcBgMarkWorker")
	x.Keys("p")
	x.WaitGone("runtime.gcBgMarkWorker")
	x.Keys("p")
	x.WaitFor("runtime.gcBgMarkWorker")
	x.Keys("/")
	x.Type("json")
	x.WaitGone("scoreCandidates")
	x.Type("(")
	x.WaitFor("not a regular expression")
	x.Keys("esc")
	x.WaitFor("scoreCandidates")
	x.Keys("T")
	x.WaitFor("samples 1000")
	x.Keys("T", "d")
	x.WaitFor("called by 1")
	x.Keys("esc", "enter")
	x.WaitFor("flame graph")
	x.Keys("tab")
	x.WaitFor("FLAT%")
	x.Keys("c")
	x.WaitFor("CUM↓")
	x.Settle()
	if rows := strings.Split(x.Screen(), "\n"); !strings.Contains(rows[5], "main.main") && !strings.Contains(rows[5], "runtime.main") {
		t.Errorf("by cum, main comes first:\n%s", x.Screen())
	}
}

// source gives a profile when released, or an error.
type source struct {
	data    []byte
	err     error
	release chan struct{}
}

func (s source) Profile(ctx context.Context, _ profiling.Kind, _ time.Duration) (io.ReadCloser, error) {
	if s.release != nil {
		select {
		case <-s.release:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return io.NopCloser(bytes.NewReader(s.data)), s.err
}

func form(t *testing.T, dir string, sources ...source) *frametest.Terminal {
	return open(t, 120, 30, dir, func() tui.Screen {
		return views.NewForm(t.Context(), dir, func(context.Context) ([]profiling.Target, error) {
			var targets []profiling.Target
			for i, s := range sources {
				targets = append(targets, profiling.Target{Service: "shop.ads", Node: fmt.Sprintf("shop.ads-n%d", i), Address: "10.0.0.1:80", Source: s})
			}
			return targets, nil
		})
	})
}

func TestCaptureOfOneNodeOpensIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profiles")
	x := form(t, dir, source{data: cpu(t, 1e6)})
	x.WaitFor("1 node")
	x.Keys("enter")
	x.WaitFor("700ms")
	x.Keys("esc")
	x.WaitFor("captured cpu")
	x.Keys("c")
	x.WaitFor("shop.ads-n0")
	x.Keys("c")
	x.WaitFor("of which service?")
}

func TestCaptureOfSeveralNodes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profiles")
	release := make(chan struct{})
	x := form(t, dir, source{data: cpu(t, 1e6), release: release}, source{err: errors.New("no token \x1b[2J")}, source{data: cpu(t, 1e6)})
	x.WaitFor("3 nodes")
	x.Keys("enter")
	x.WaitFor("capturing cpu")
	x.WaitFor("no token ␛[2J")
	close(release)
	x.WaitFor("2 of 3 profiles saved")
	x.Keys("enter")
	x.WaitFor("1.40s")
}

func TestOfManyServicesTheOneIsFound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profiles")
	x := form(t, dir, source{data: cpu(t, 1e6)}, source{err: errors.New("frozen")}, source{data: cpu(t, 3e6)})
	x.WaitFor("3 nodes")
	x.Keys("enter")
	x.WaitFor("2 of 3 profiles saved")
	x.Settle()
	rows := strings.Split(x.Screen(), "\n")
	for i, want := range []string{"n2 .* 3s ", "n0 .* 1s ", "n1 .* frozen"} {
		if !regexp.MustCompile(want).MatchString(rows[4+i]) {
			t.Errorf("row %d is %q, want %s", i, rows[4+i], want)
		}
	}
	x.Keys("o")
	x.WaitFor("cpu of shop.")
	x.WaitFor("cpu 3s")
	x.Keys("esc", "enter")
	x.WaitFor("2 nodes")
	x.WaitFor("cpu 4s")
	x.Keys("esc", "G", "o")
	x.WaitFor("this node gave no profile")
}

func TestAMergeNamesNoSingleService(t *testing.T) {
	dir, ids := folder(t, cpu(t, 1e6))
	s, err := profiling.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	e, err := s.Save(profiling.Meta{Service: "shop.cart", Node: "shop.cart-0", Kind: profiling.CPU, Start: time.Date(2026, 11, 21, 7, 0, 0, 0, time.Local)}, cpu(t, 1e6))
	if err != nil {
		t.Fatal(err)
	}
	x := open(t, 120, 30, dir, func() tui.Screen { return views.NewViewer(t.Context(), dir, "", ids[0], e.ID) })
	x.WaitFor("cpu of 2 services, 2 nodes")
}

func TestAPictureOfTheMomentHasNoLength(t *testing.T) {
	release := make(chan struct{})
	x := form(t, filepath.Join(t.TempDir(), "profiles"), source{err: errors.New("frozen"), release: release})
	x.WaitFor("1 node")
	x.Keys("j", "enter")
	x.WaitFor("capturing heap")
	x.WaitFor("  0 B")
	if screen := x.Screen(); strings.Contains(screen, "of 0") {
		t.Errorf("a share of nothing:\n%s", screen)
	}
	close(release)
	x.WaitFor("no profile was captured")
}

func TestACancelledCaptureKeepsNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profiles")
	for _, how := range []string{"x", "esc", "ctrl+c"} {
		x := form(t, dir, source{data: cpu(t, 1e6)}, source{release: make(chan struct{})})
		x.WaitFor("2 nodes")
		x.Keys("enter")
		x.WaitFor("capturing cpu")
		x.WaitFor("✓")
		x.Keys(how)
		x.WaitFor("capture what?")
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", how, err)
		}
	}
}

func TestWhatCannotBeShownSaysWhy(t *testing.T) {
	dir, _ := folder(t, cpu(t, 1e6))
	x := open(t, 120, 30, dir, func() tui.Screen { return views.NewViewer(t.Context(), dir, "", "nosuch\x1b[2J") })
	x.WaitFor("no such capture")
	bad := open(t, 120, 30, filepath.Join(dir, "shop.json", "x"), nil)
	bad.WaitFor("captures")
}

func TestAnyKeysPanicNot(t *testing.T) {
	dir, ids := folder(t, cpu(t, 1e6), cpu(t, 3e6))
	for name, s := range map[string]tui.Screen{
		"viewer": views.NewViewer(t.Context(), dir, "", ids[0]),
		"diff":   views.NewViewer(t.Context(), dir, ids[0], ids[1]),
		"form": views.NewForm(t.Context(), dir, func(context.Context) ([]profiling.Target, error) {
			return []profiling.Target{{Service: "a", Node: "b", Source: source{err: errors.New("x")}}}, nil
		}),
	} {
		t.Run(name, func(t *testing.T) {
			defer s.Close()
			queue := []tea.Cmd{s.Init()().(tea.BatchMsg)[1]}
			names := []string{"tab", "shift+tab", "enter", "d", "p", "T", "s", "S", "y", "esc", "j", "k", "g", "G", "left", "right", "h", "l", "i", "#", "n", "N", "backspace", "pgdown", "space", "V", "r", ".", "c", "x"}
			r := rand.New(rand.NewPCG(11, 12))
			for i := range 1500 {
				if len(queue) > 0 && i%3 == 0 {
					if cmd := queue[0]; cmd != nil && i < 200 {
						if msg := cmd(); msg != nil {
							if batch, ok := msg.(tea.BatchMsg); ok {
								queue = append(queue, batch...)
							} else {
								queue = append(queue, s.Update(msg))
							}
						}
					}
					queue = queue[1:]
				}
				key, err := tui.ParseKey(names[r.IntN(len(names))])
				if err != nil {
					t.Fatal(err)
				}
				acted := false
				for _, a := range s.Actions() {
					if a.Run != nil && (a.Disabled == nil || a.Disabled() == "") && a.Keys[0] == key.String() {
						if cmd := a.Run(); key.String() != "enter" || name != "form" {
							queue = append(queue, cmd)
						}
						acted = true
						break
					}
				}
				if e, ok := s.(tui.Escaper); ok && key.String() == "esc" {
					e.Escape()
				} else if !acted {
					s.Update(key)
				}
				s.View(r.IntN(210), r.IntN(65))
			}
		})
	}
}

func TestFunctionsKeepTheirNamesInANarrowTop(t *testing.T) {
	path := "github.com/example/shop/internal/recommend"
	dir, ids := folder(t, specimen(t, "cpu", 1e6, map[string]int64{path + ".(*Model).Train;" + path + ".scoreAllCandidatesOfAProduct": 700}))
	x := open(t, 80, 24, dir, func() tui.Screen { return views.NewViewer(t.Context(), dir, "", ids[0]) })
	x.WaitFor("  recommend.scoreAllCandidatesOfAProduct ")
	x.WaitFor("  recommend.(*Model).Train ")
	x.WaitFor("  " + path + ".scoreAllCandidates") // the one under the cursor
}
