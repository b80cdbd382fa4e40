package e2e_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The command line that the composer copies makes the same call: a shell that runs it, and knows nothing of
// the registry, gets the answer of the screen.
func TestTheCopiedCommandMakesTheSameCall(t *testing.T) {
	c := openConsole(t, 120, 36)
	c.keys(":call shop.cart Cart.Get<enter><until GetCartRequest 20s><until ○ 20s><enter>ada<enter><ctrl+s>")
	c.sees("200 OK", "●   userId")
	c.keys("y<until the command line 5s>a")
	c.sees("copied the answer")
	answer := c.copied("{")
	c.keys("y<until the command line 5s>c")
	c.sees("copied the command line")
	line := c.copied("microtop call ")
	if !strings.HasPrefix(line, "microtop call ") || !strings.Contains(line, "ada") {
		t.Fatalf("copied %q", line)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Env = []string{"PATH=" + filepath.Dir(microtop) + ":/usr/bin:/bin", "HOME=" + t.TempDir()}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	if diff := cmp.Diff(decoded(t, answer), decoded(t, string(out))); diff != "" {
		t.Errorf("%s answers otherwise than the screen (-screen +shell):\n%s", line, diff)
	}
}

// copied waits until the clipboard holds what begins so: the screen may say that it does before.
func (c *console) copied(begin string) string {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	for !strings.HasPrefix(c.Clipboard(), begin) {
		if time.Now().After(deadline) {
			c.t.Fatalf("the clipboard holds %q, not what begins with %q", c.Clipboard(), begin)
		}
		time.Sleep(time.Millisecond)
	}
	return c.Clipboard()
}

func decoded(t *testing.T, text string) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	return v
}
