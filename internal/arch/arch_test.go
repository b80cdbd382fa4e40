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

func TestTheFrameworkLinksNoUninvitedModule(t *testing.T) {
	if sources, err := filepath.Glob(filepath.Join(root, "framework", "*.go")); err != nil || len(sources) == 0 {
		t.Skip("framework/ has no package yet")
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./framework")
	list.Dir = root
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	deps := strings.Fields(string(out))
	if len(deps) == 0 {
		t.Fatal("go list printed nothing")
	}
	for _, dep := range arch.Uninvited(deps, module) {
		t.Errorf("./framework links %s\n\tmend: import it only from a folder of its own that framework's root does not import; go list -deps ./framework shows who does", dep)
	}
}
