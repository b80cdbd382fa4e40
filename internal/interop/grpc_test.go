package interop_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/microtop/microtop/framework/registry/registrytest"
)

// wantGRPC is what a right client gets from a right server over gRPC, where a plain error has a code and an unknown method is
// gRPC's own to refuse.
func (c cell) wantGRPC() cell {
	w := c.want()
	switch c.Case {
	case "plain":
		w.End = "(500 plain words)"
	case "unknown":
		w.End = "(501 unknown service Matrix.Nope)"
	}
	return w
}

// judgeGRPC compares a cell with what it should be, and says which rule of docs/wire.md bears a difference.
func (c cell) judgeGRPC(client string) (rule string, ok bool) {
	w := c.wantGRPC()
	end := strings.TrimPrefix(c.End, "open: ")
	some := len(c.Texts) <= len(w.Texts) && slices.Equal(c.Texts, w.Texts[:len(c.Texts)])
	switch {
	case c.Case == "deadline": // on a busy machine it passes before the texts have come
		ok = some && (strings.HasPrefix(end, w.End) || client == "v4" && strings.Contains(end, "DeadlineExceeded"))
		return "", ok
	case client == "v4" && c.Kind != "Unary" && strings.HasPrefix(w.End, "("):
		_, words, _ := strings.Cut(strings.Trim(w.End, "()"), " ")
		if c.Case == "plain" {
			words = "plain words"
		}
		return "v4's streams hand on gRPC's raw error (§8.4)", some && strings.HasPrefix(end, "(rpc error: ") && strings.Contains(end, words)
	}
	return "", strings.HasPrefix(end, w.End) && slices.Equal(c.Texts, w.Texts) && (w.End != "" || end == "")
}

// A087, A114: every kind of call over gRPC, in both content types, to every end, between each two makes of program.
func TestA087_A114_GRPCMatrix(t *testing.T) {
	t.Setenv("PROTOCOL", "grpc")
	table := map[string]map[string]string{}
	rules := map[string]string{}
	var order []string
	pairs := []string{"v4 -> ours", "ours -> v4", "ours -> ours", "v4 -> v4"}
	for _, server := range []string{"ours", "v4"} {
		s := serveProgram(t, server, uniqueName("grpc"), "")
		cells := 4*2*6 + 2
		t.Setenv("SPARE", "")
		if server == "v4" {
			t.Setenv("SPARE", "1")
			cells -= 3 * 2
		}
		for _, client := range []string{"v4", "ours"} {
			pair := client + " -> " + server
			lines := strings.Split(strings.TrimSpace(say(t, client, "call", s.address)), "\n")
			if len(lines) != cells {
				t.Fatalf("%s: %d cells, want %d", pair, len(lines), cells)
			}
			for _, line := range lines {
				var c cell
				if err := json.Unmarshal([]byte(line), &c); err != nil {
					t.Fatalf("%s: %q: %v", pair, line, err)
				}
				if table[c.row()] == nil {
					table[c.row()] = map[string]string{}
					order = append(order, c.row())
				}
				table[c.row()][pair] = c.String()
				rule, ok := c.judgeGRPC(client)
				if pair == "v4 -> v4" {
					continue
				}
				if rule != "" {
					rules[c.row()] = rule
				}
				if !ok {
					t.Errorf("%s: %s: got %q, want %q", pair, c.row(), c, c.wantGRPC())
				}
			}
		}
	}
	slices.Sort(order)
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "call over gRPC\t"+strings.Join(pairs, "\t")+"\trule")
	for _, row := range order {
		fmt.Fprint(w, row)
		for _, pair := range pairs {
			out, called := table[row][pair]
			if !called {
				out = "not called: it would end the server (§8.4)"
			}
			fmt.Fprint(w, "\t", out)
		}
		fmt.Fprintln(w, "\t"+rules[row])
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d calls a pair\n%s", len(order), &text)
}

// Services are found by name over mdns, and events go both ways, between every two makes of program that speak gRPC.
func TestA087_A114_GRPCLookUpAndEvents(t *testing.T) {
	registrytest.Multicast(t) // v4's only built-in registry is mdns
	t.Setenv("PROTOCOL", "grpc")
	for _, server := range []string{"ours", "v4"} {
		s := serveProgram(t, server, uniqueName("grpc"), "")
		for _, client := range []string{"v4", "ours"} {
			t.Run(client+" calls "+server+" by name", func(t *testing.T) {
				eventually(t, "the service is found", func() bool {
					out, _, status := command(t, program(t, client), "", "hello", s.name)
					return status == 0 && strings.TrimSpace(out) == "hello for Ann, hello Bob"
				})
			})
			if server == "v4" {
				continue // it takes no event here, be it of v4's own publisher
			}
			t.Run(client+" publishes to "+server, func(t *testing.T) {
				before := s.out.String()
				say(t, client, "publish", s.name)
				for _, contentType := range []string{"application/json", "application/protobuf", "application/grpc"} {
					line := "event " + contentType + " news\n"
					eventually(t, contentType, func() bool { return strings.Contains(s.out.String()[len(before):], line) })
				}
			})
		}
		t.Run("microtop calls "+server, func(t *testing.T) {
			out := microtop(t, "call", s.name, "Say.Hello", `{"name":"Eve"}`)
			if !strings.Contains(out, "hello Eve") {
				t.Errorf("got %s", out)
			}
			if out = microtop(t, "nodes", s.name, "-o", "json"); !strings.Contains(out, `"protocol": "grpc"`) {
				t.Errorf("nodes: %s", out)
			}
			out, errOut, _ := command(t, microtopPath, "", "health", s.name, "--registry", "mdns")
			if want := map[string]string{"ours": "ok", "v4": "has no debug service"}[server]; !strings.Contains(out, want) {
				t.Errorf("health: %s%s", out, errOut)
			}
		})
	}
}
