package contexts_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/golden"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/introspect/contexts"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	view "github.com/microtop/microtop/views/contexts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sample = `current: local
contexts:
  local:
    registry: mdns
  staging:
    registry: file
    registryAddress: /mnt/staging/registry
    timeout: 2s
    metadata:
      tenant: acme
    colour: yellow
  prod:
    registry: file
    registryAddress: /mnt/prod/registry
    broker: http
    tls: true
    debugToken: "{{env:PROD_TOKEN}}"
    colour: "#ff5f5f"
    readonly: true
`

// targets keep contexts in a folder and connect to nothing.
type targets struct {
	t      *testing.T
	file   *contexts.File
	active string
	names  []string
	opened chan string
	err    error
}

func newTargets(t *testing.T, text string) *targets {
	t.Helper()
	path := filepath.Join(t.TempDir(), "contexts.yaml")
	if text != "" {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := contexts.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return &targets{t: t, file: f, names: []string{"local", "staging", "prod"}, opened: make(chan string, 8)}
}

func (s *targets) File() *contexts.File          { return s.file }
func (s *targets) Read() (contexts.Saved, error) { return s.file.Read() }
func (s *targets) Names() []string               { return s.names }
func (s *targets) Active() string                { return s.active }
func (s *targets) Start() contexts.Context {
	return contexts.Context{Name: contexts.None, Broker: "http", Timeout: "5s"}
}

func (s *targets) Open(_ context.Context, name string) (tui.Screens, error) {
	s.opened <- name
	if s.err != nil {
		return tui.Screens{}, s.err
	}
	return s.screens(name), nil
}

// screens are a first screen that names the context, and the contexts.
func (s *targets) screens(name string) tui.Screens {
	on := *s
	on.active = name
	return tui.Screens{Start: tui.Open{Name: "services"}, Routes: []tui.Route{
		{Name: "services", New: func(any) (tui.Screen, error) { return probe("services of " + name), nil }},
		view.Route(context.Background(), &on, theme.Default()),
	}, Palette: func() []tui.Item { return view.Palette(&on) }}
}

type probe string

func (probe) Init() tea.Cmd          { return nil }
func (probe) Update(tea.Msg) tea.Cmd { return nil }
func (p probe) View(int, int) string { return string(p) }
func (probe) Title() safetext.Line   { return safetext.Literal("probe") }
func (probe) Actions() []tui.Action  { return nil }
func (probe) Close()                 {}

func open(t *testing.T, s *targets, w, h int) *frametest.Terminal {
	t.Helper()
	first := s.screens(s.active)
	cfg := tui.Config{Name: "microtop", Start: first.Start, Routes: first.Routes, Palette: first.Palette, Getenv: os.Getenv}
	return frametest.New(t, cfg, w, h)
}

// settled is the screen without the folder of the test.
func settled(x *frametest.Terminal) string {
	x.Settle()
	return regexp.MustCompile(`/\S*contexts\.yaml`).ReplaceAllString(x.Screen(), "FILE")
}

func TestFrames(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size.w, size.h), func(t *testing.T) {
			s := newTargets(t, sample)
			s.active = "staging"
			x := open(t, s, size.w, size.h)
			x.Keys(":ctx", "enter")
			x.WaitFor("read only")
			x.Keys("j", "j")
			x.WaitFor("token {{env:PROD_TOKEN}}")
			golden.RequireEqual(t, settled(x))
		})
	}
}

// Where there are none the screen says how to begin; where the file is wrong, what to mend.
func TestNothingAndFailure(t *testing.T) {
	x := open(t, newTargets(t, ""), 120, 24)
	x.Keys(":contexts", "enter")
	x.WaitFor("no contexts yet in ")
	x.WaitFor("microtop context set NAME")
	x.WaitFor("none")
	x = open(t, newTargets(t, "contexts:\n  a:\n    registy: \"\x1b[2J\"\n"), 200, 24)
	x.Keys(":contexts", "enter")
	x.WaitFor("this is no YAML")
	x = open(t, newTargets(t, "contexts:\n  a:\n    registy: mdns\n"), 200, 24)
	x.Keys(":contexts", "enter")
	x.WaitFor(`line 3: contexts.a: unknown field "registy": did you mean registry`)
	x.WaitFor("e   opens the file in your editor")
}

func TestASwitchByKeyByNameAndByPalette(t *testing.T) {
	s := newTargets(t, sample)
	x := open(t, s, 120, 30)
	x.Keys(":ctx", "enter")
	x.WaitFor("/mnt/prod/registry")
	x.Keys("j", "enter")
	x.WaitFor("services of staging")
	x.WaitFor("switched to context staging")
	x.Keys(":", "ctx pr", "tab", "enter") // completed
	x.WaitFor("services of prod")
	x.Keys("ctrl+p", "context local", "enter")
	x.WaitFor("services of local")
	x.Keys(":ctx none", "enter")
	x.WaitFor("services of none")
	for _, want := range []string{"staging", "prod", "local", "none"} {
		if got := <-s.opened; got != want {
			t.Errorf("opened %s, want %s", got, want)
		}
	}
}

func TestAFailedSwitchShowsTheList(t *testing.T) {
	s := newTargets(t, sample)
	s.err = errors.New("no context \"stagin\": did you mean staging?\x1b[2J")
	x := open(t, s, 120, 30)
	x.Keys(":ctx stagin", "enter")
	x.WaitFor("did you mean staging?␛[2J")
	x.WaitFor("/mnt/prod/registry")
	x.Keys("esc")
	x.WaitFor("services of")
}

func TestAContextIsUsedDescribedAndRemoved(t *testing.T) {
	s := newTargets(t, sample)
	x := open(t, s, 120, 30)
	x.Keys(":ctx", "enter")
	x.WaitFor("/mnt/prod/registry")
	x.Keys("j", "u")
	x.WaitFor("staging is used by default from now on")
	if saved, err := s.file.Read(); err != nil || saved.Current != "staging" {
		t.Errorf("%v %v", saved.Current, err)
	}
	x.Keys("d")
	x.WaitFor(`"tenant": "acme"`)
	x.Keys("esc")
	x.WaitFor("REGISTRY")
	x.Keys("X")
	x.WaitFor("Remove context staging from ")
	x.Keys("tab", "enter")
	x.WaitFor("context staging was removed")
	x.WaitGone("/mnt/staging/registry")
	x.Keys("G", "X")
	x.WaitFor("none is no context of the file")
	x.Keys("/", "prod", "enter")
	x.WaitFor("[1/3]")
}

// What the editor left is written if it can be read; else the file stays and the text is there for the next edit.
func TestTheFileIsEdited(t *testing.T) {
	s := newTargets(t, sample)
	editor := filepath.Join(t.TempDir(), "editor")
	script := "#!/bin/sh\nif grep -q soon \"$1\"; then sed -i s/soon/9s/ \"$1\"; else sed -i s/2s/soon/ \"$1\"; fi\n"
	if err := os.WriteFile(editor, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VISUAL", editor)
	x := open(t, s, 200, 30)
	x.Keys(":ctx", "enter")
	x.WaitFor("/mnt/prod/registry")
	x.Keys("e")
	x.WaitFor("not written: line 8: contexts.staging.timeout: write a time")
	if text, err := s.file.Text(); err != nil || text != sample {
		t.Errorf("%s %v", text, err)
	}
	x.Keys("e")
	x.WaitFor("wrote ")
	x.WaitFor("9s")
	if text, err := s.file.Text(); err != nil || text != strings.Replace(sample, "2s", "9s", 1) {
		t.Errorf("%s %v", text, err)
	}
}
