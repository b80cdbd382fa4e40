package arch_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/microtop/microtop/internal/arch"
)

const module = "github.com/microtop/microtop"

// root is the top of the repository, seen from this package.
var root = filepath.Join("..", "..")

func TestTheHouseIsInOrder(t *testing.T) {
	house, err := arch.Load(os.DirFS(root), module)
	if err != nil {
		t.Fatal(err)
	}
	if len(house.Files) == 0 {
		t.Fatal("no Go file found: the test looks at the wrong place")
	}
	for _, finding := range arch.Inspect(house, arch.Rules(), arch.Exceptions()) {
		t.Error(finding)
	}
	for _, long := range arch.Long(house) {
		t.Log("worth splitting one day: " + long)
	}
}

// core are the packages that every service links.
var core = []string{
	"./framework", "./framework/client", "./framework/server", "./framework/registry", "./framework/broker", "./framework/transport",
	"./framework/codec", "./framework/selector", "./framework/cmd", "./framework/auth", "./framework/cache", "./framework/config", "./framework/store",
}

// L-05: a package that starts goroutines has a TestMain that notices one left behind.
func TestL05_EveryPackageThatStartsGoroutinesChecksLeaks(t *testing.T) { holds(t, "leak check") }

// L-10: what is measured in the framework's core goes by the monotonic clock, so that no node is kept or removed, and no
// call ends, because the wall clock was set.
func TestL10_NothingIsMeasuredByTheWallClock(t *testing.T) { holds(t, "no wall clock") }

// holds checks one rule of the house by its name.
func holds(t *testing.T, name string) {
	t.Helper()
	house, err := arch.Load(os.DirFS(root), module)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range arch.Rules() {
		if rule.Name != name {
			continue
		}
		for _, finding := range rule.Find(house) {
			t.Errorf("%s: %s", finding.File, finding.What)
		}
		return
	}
	t.Fatal("there is no rule for it any more")
}

func TestTheFrameworkLinksNoUninvitedModule(t *testing.T) {
	for _, pkg := range core {
		if sources, err := filepath.Glob(filepath.Join(root, pkg, "*.go")); err != nil || len(sources) == 0 {
			continue
		}
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", pkg)
		list.Dir = root
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list %s: %v", pkg, err)
		}
		deps := strings.Fields(string(out))
		if len(deps) == 0 {
			t.Fatalf("go list %s printed nothing", pkg)
		}
		for _, dep := range arch.Uninvited(deps, module) {
			t.Errorf("%s links %s\n\tmend: import it only from a folder of its own that no core package imports; go list -deps %s shows who does", pkg, dep, pkg)
		}
	}
}
