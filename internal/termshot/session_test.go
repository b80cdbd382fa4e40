package termshot_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/internal/termshot"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// start runs the test program in a terminal of 40 by 8 and waits for its first screen.
func start(t *testing.T, mode string) (context.Context, *termshot.Session) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	s, err := termshot.Start(ctx, termshot.Command{
		Path: os.Args[0], Env: append(os.Environ(), asProgram+"="+mode), Width: 40, Height: 8,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	// The program asked where the cursor is; the emulator's answer arrives as a key.
	if err := s.WaitFor(ctx, termshot.Contains(`key "\x1b[4;10R"`)); err != nil {
		t.Fatal(err)
	}
	return ctx, s
}

func TestScreenShowsWhatTheProgramDrew(t *testing.T) {
	_, s := start(t, "polite")
	want := "plain bold reverse under\nred orange exact\nwide 世界 end <&>\nsize 40x8\n\nkey \"\\x1b[4;10R\""
	if diff := cmp.Diff(want, strings.TrimRight(s.Screen(), "\n")); diff != "" {
		t.Errorf("screen (-want +got):\n%s", diff)
	}
	if !s.AltScreen() {
		t.Error("the program shows the alternate screen")
	}
}

func TestPlayPressesKeysAndWaits(t *testing.T) {
	ctx, s := start(t, "polite")
	for _, step := range []struct{ script, want string }{
		{"j", `key "j"`},
		{"<enter>", `key "\r"`},
		{"<lt>", `key "<"`},
		{"世", `key "世"`},
		{"<ctrl+c>", `key "\x03"`},
		{"<shift+tab>", `key "\x1b[Z"`},
		{"<alt+x>", `key "\x1bx"`},
		{"<wait 1ms><pgdown>", `key "\x1b[6~"`},
		{"<esc>j", `key "j"`},
	} {
		if err := s.Play(ctx, step.script); err != nil {
			t.Fatal(err)
		}
		if err := s.WaitFor(ctx, termshot.Contains(step.want)); err != nil {
			t.Errorf("after %q: %v", step.script, err)
		}
	}
	if err := s.Play(ctx, `x<until key "x" 5s>`); err != nil {
		t.Error(err)
	}
}

func TestUntilSaysWhatTheScreenShowedInstead(t *testing.T) {
	ctx, s := start(t, "polite")
	err := s.Play(ctx, "<until never shown 30ms>")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `"never shown"`) || !strings.Contains(err.Error(), "plain bold") {
		t.Errorf("got %v", err)
	}
}

func TestBadScripts(t *testing.T) {
	_, s := start(t, "polite")
	for script, want := range map[string]string{
		"<nokey>":         "<nokey> is no key",
		"j<enter":         "no closing >",
		"<wait long>":     "invalid duration",
		"<until 10s>":     "<until TEXT 10s>",
		"<until x later>": "invalid duration",
		"<ctrl+1>":        "is no key",
	} {
		if err := s.Play(t.Context(), script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", script, err, want)
		}
	}
}

func TestResizeReachesTheProgramAndTheScreen(t *testing.T) {
	ctx, s := start(t, "polite")
	if err := s.Resize(60, 10); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitFor(ctx, termshot.Contains("size 60x10")); err != nil {
		t.Error(err)
	}
}

func TestTheEndOfTheProgram(t *testing.T) {
	ctx, s := start(t, "polite")
	if err := s.Play(t.Context(), "q"); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := s.Wait(ctx); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("got %v, want exit status 7", err)
	}
	if s.AltScreen() || !strings.Contains(s.Screen(), "bye") {
		t.Errorf("the last words are on the normal screen:\n%s", s.Screen())
	}
	if err := s.WaitFor(ctx, termshot.Contains("more")); err == nil || !strings.Contains(err.Error(), "ended first") {
		t.Errorf("waiting for a program that is gone: got %v", err)
	}
}

func TestCloseEndsAProgramThatWillNotGo(t *testing.T) {
	_, s := start(t, "stubborn")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(s.Pid(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d: got %v, want that there is none", s.Pid(), err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestStartErrors(t *testing.T) {
	if _, err := termshot.Start(t.Context(), termshot.Command{Path: "/nowhere/program", Width: 1, Height: 1}); err == nil || !strings.Contains(err.Error(), "/nowhere/program") {
		t.Errorf("got %v, want an error that names the program", err)
	}
	if _, err := termshot.Start(t.Context(), termshot.Command{Path: os.Args[0]}); err == nil {
		t.Error("a terminal without a size is an error")
	}
}

func TestSVG(t *testing.T) {
	_, s := start(t, "polite")
	got := s.SVG()
	golden := filepath.Join("testdata", "session.svg")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("picture (-want +got), -update writes it anew:\n%s", diff)
	}
	if !bytes.Equal(got, s.SVG()) {
		t.Error("the same cells give the same bytes")
	}
	decoder := xml.NewDecoder(bytes.NewReader(got))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
}
