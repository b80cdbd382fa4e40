package termshot_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/internal/termshot"
)

func TestScenesAreReadAndShot(t *testing.T) {
	scenes, err := termshot.ParseScenes(strings.NewReader(`
# the test program
scene first 40x8
  run "` + os.Args[0] + `"
  env ` + asProgram + `=polite
  keys <until ;10R 10s>j<until key "j" 10s>
  shot one.svg
  keys k<until key "k" 10s>
  shot two.svg
`))
	if err != nil {
		t.Fatal(err)
	}
	var shots []string
	for _, scene := range scenes {
		err := scene.Shoot(t.Context(), func(name string, svg []byte) error {
			shots = append(shots, name)
			if want := map[string]string{"one.svg": "key\u00a0&#34;j&#34;", "two.svg": "key\u00a0&#34;k&#34;"}[name]; !strings.Contains(string(svg), want) {
				t.Errorf("%s does not show %q", name, want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"one.svg", "two.svg"}, shots); diff != "" {
		t.Errorf("pictures (-want +got):\n%s", diff)
	}
}

func TestASceneHasFoldersOfItsOwn(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/home/of/somebody")
	t.Setenv("MICRO_REGISTRY_ADDRESS", "their.fleet")
	scenes, err := termshot.ParseScenes(strings.NewReader(`scene own 80x8
  env XDG_DATA_HOME=/chosen
  run sh -c 'touch $XDG_STATE_HOME/kept; echo state=$XDG_STATE_HOME data=$XDG_DATA_HOME fleet=$MICRO_REGISTRY_ADDRESS.; sleep 9'
  keys <until fleet=. 10s>
  shot one.svg
`))
	if err != nil {
		t.Fatal(err)
	}
	var picture string
	if err := scenes[0].Shoot(t.Context(), func(_ string, svg []byte) error { picture = string(svg); return nil }); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(picture, "/home/of/somebody") || !strings.Contains(picture, "data=/chosen") {
		t.Error(picture)
	}
	dir := regexp.MustCompile(`state=([^&<\x{a0} ]+)`).FindStringSubmatch(picture)
	if len(dir) != 2 {
		t.Fatal(picture)
	}
	if _, err := os.Stat(dir[1]); !os.IsNotExist(err) {
		t.Errorf("%s stays: %v", dir[1], err)
	}
}

func TestASceneThatFailsNamesItself(t *testing.T) {
	scenes, err := termshot.ParseScenes(strings.NewReader("scene gone 20x5\nrun echo over\nkeys <until never 10s>\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = scenes[0].Shoot(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "scene gone") || !strings.Contains(err.Error(), "over") {
		t.Errorf("got %v, want the scene's name and its last screen", err)
	}
}

func TestBadScenes(t *testing.T) {
	for file, want := range map[string]string{
		"keys j":                               `line 1: "keys" before the first scene`,
		"scene x\n":                            "line 1: write scene NAME",
		"scene x 80x24\nfly away":              `line 2: "fly" is none of`,
		"scene x 80x24\nkeys <up":              "line 2: key script",
		"scene x 80x24\nshot ../evil.svg":      "line 2: shot",
		"scene x 80x24\nshot picture.png":      "line 2: shot",
		"scene x 80x24\n# nothing\nkeys jjj\n": "scene x runs nothing",
	} {
		if _, err := termshot.ParseScenes(strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", file, err, want)
		}
	}
}
