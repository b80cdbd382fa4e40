package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/microtop/microtop/internal/bench"
)

func TestAChildAnswersEachCommand(t *testing.T) {
	p := bench.Program{Probes: map[string]bench.Probe{
		"seven": func(context.Context, string, bool) (bench.Figures, error) { return bench.Figures{bench.Rate: 7}, nil },
	}}
	for _, c := range []struct{ name, command, want string }{
		{"usage", `{"do":"usage"}`, `"usage":{"cpu":`},
		{"a probe", `{"do":"probe","probe":"seven"}`, `"figures":{"rate":7}`},
		{"an unknown probe", `{"do":"probe","probe":"eight"}`, `no probe is named`},
		{"an unknown system", `{"do":"serve","system":"x"}`, `cannot serve`},
		{"a load on an unknown system", `{"do":"load","system":"x"}`, `no system is named`},
		{"an unknown command", `{"do":"dance"}`, `no command is named`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := p.Obey(t.Context(), strings.NewReader(c.command), &out); err != nil {
				t.Fatal(err)
			}
			if !json.Valid(out.Bytes()) || !strings.Contains(out.String(), c.want) {
				t.Errorf("answered %s, want %s", out.String(), c.want)
			}
		})
	}
	t.Run("what is no command ends it", func(t *testing.T) {
		if err := p.Obey(t.Context(), strings.NewReader("hello"), new(bytes.Buffer)); err == nil {
			t.Error("no error")
		}
	})
}
