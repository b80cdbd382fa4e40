package theme_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/microtop/microtop/tui/theme"
)

func TestEveryThemeIsWhole(t *testing.T) {
	for _, name := range theme.Names() {
		th, err := theme.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if th.Name != name {
			t.Errorf("theme %q calls itself %q", name, th.Name)
		}
		if len(th.Flame) == 0 || len(th.Series) == 0 {
			t.Errorf("theme %q: no flame or series styles", name)
		}
		for _, s := range []lipgloss.Style{th.Selected, th.Match, th.Title, th.Bad, th.Active} {
			if got := s.Render("x"); got == "x" {
				t.Errorf("theme %q: a style that must stand out does not", name)
			}
		}
	}
	if _, err := theme.ByName("neon"); err == nil || !strings.Contains(err.Error(), "colorblind") {
		t.Errorf("an unknown theme's error does not name the choices: %v", err)
	}
}

func TestPlainHasNoColour(t *testing.T) {
	v := reflect.ValueOf(theme.Plain())
	for i := range v.NumField() {
		styles := []lipgloss.Style{}
		switch f := v.Field(i).Interface().(type) {
		case lipgloss.Style:
			styles = append(styles, f)
		case []lipgloss.Style:
			styles = f
		}
		for _, s := range styles {
			out := s.Render("x")
			for _, p := range regexp.MustCompile(`\d+`).FindAllString(out, -1) {
				if len(p) > 1 { // 1 to 9 are attributes, the rest colours
					t.Errorf("%s renders %q", v.Type().Field(i).Name, out)
				}
			}
		}
	}
}

func TestFromEnv(t *testing.T) {
	for _, c := range []struct {
		name, theme string
		ascii       bool
		env         map[string]string
		want        string
		wantASCII   bool
	}{
		{name: "nothing set", want: "default"},
		{name: "named", theme: "dark", want: "dark"},
		{name: "NO_COLOR of any text", theme: "dark", env: map[string]string{"NO_COLOR": "yes"}, want: "plain"},
		{name: "NO_COLOR empty", env: map[string]string{"NO_COLOR": ""}, want: "default"},
		{name: "flag", ascii: true, want: "default", wantASCII: true},
		{name: "Linux console", env: map[string]string{"TERM": "linux", "LANG": "en_US.UTF-8"}, want: "default", wantASCII: true},
		{name: "C locale", env: map[string]string{"LANG": "C"}, want: "default", wantASCII: true},
		{name: "LC_ALL wins", env: map[string]string{"LC_ALL": "C.UTF-8", "LANG": "C"}, want: "default"},
	} {
		t.Run(c.name, func(t *testing.T) {
			th, err := theme.FromEnv(c.theme, c.ascii, func(k string) string { return c.env[k] })
			if err != nil {
				t.Fatal(err)
			}
			if th.Name != c.want || th.Glyphs.ASCII != c.wantASCII {
				t.Errorf("got %s, ascii %v", th.Name, th.Glyphs.ASCII)
			}
		})
	}
}

func TestGlyphsTakeOneCell(t *testing.T) {
	for _, g := range []theme.Glyphs{theme.UnicodeGlyphs(), theme.ASCIIGlyphs()} {
		v := reflect.ValueOf(g)
		for i := range v.NumField() {
			all := []string{}
			switch f := v.Field(i).Interface().(type) {
			case string:
				all = append(all, f)
			case []string:
				all = f
			}
			for _, s := range all {
				if ansi.StringWidth(s) != 1 || g.ASCII && len(s) != 1 {
					t.Errorf("%s: %q", v.Type().Field(i).Name, s)
				}
			}
		}
	}
}

func TestToASCII(t *testing.T) {
	in := "\x1b[1m漢字 cut…\x1b[m é"
	if got, want := theme.ToASCII(in), "\x1b[1m???? cut~\x1b[m ?"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
