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

// cell is one call between two programs and what came of it.
type cell struct {
	Kind, ContentType, Case string
	Texts                   []string
	End                     string
}

func (c cell) row() string { return c.Kind + " " + c.ContentType + " " + c.Case }

func (c cell) String() string {
	return strings.TrimSpace(fmt.Sprint(strings.Join(c.Texts, ","), " ", c.End))
}

// want is what a right client gets from a right server.
func (c cell) want() cell {
	w := cell{Kind: c.Kind, ContentType: c.ContentType, Case: c.Case, End: "EOF"}
	switch c.Kind {
	case "Unary":
		w.End, w.Texts = "", []string{"a for Ann"}
	case "Server":
		w.Texts = []string{"a1", "a2", "a3"}
	case "Client":
		w.Texts = []string{"ab"}
	case "Bidi":
		w.Texts = []string{"a!", "b!"}
	}
	if end, fails := map[string]string{
		"error":    "(418 short and stout)",
		"plain":    "(plain words)",
		"unknown":  "(rpc: can't find method Nope)",
		"deadline": "(408 ",
		"panic":    "(500 panic recovered: boom)",
	}[c.Case]; fails {
		if w.End = end; c.Kind != "Server" || c.Case == "unknown" {
			w.Texts = nil
		}
	}
	return w
}

// judge compares a cell with what it should be. A v4 server's own defects are borne: it says which rule of docs/wire.md
// bears them.
func (c cell) judge(server string) (rule string, ok bool) {
	w := c.want()
	switch {
	case server == "v4" && c.Case == "panic":
		// Nothing comes; or a frame that comes later starts the handler anew, and that ends well, or with a frame cut short.
		again := c.Kind == "Client" && (c.End == "EOF" || c.End == "(500 unexpected EOF)")
		return "v4 never answers a panic (§3.9), late frames start the handler anew (§3.5)", c.End == "no answer" || again
	case c.Case == "deadline" && server == "ours": // on a busy machine it passes before the texts have come
		return "", strings.HasPrefix(strings.TrimPrefix(c.End, "open: "), w.End) && slices.Equal(c.Texts, w.Texts[:min(len(c.Texts), len(w.Texts))])
	case strings.HasPrefix(c.End, w.End) && slices.Equal(c.Texts, w.Texts) && (w.End != "" || c.End == ""):
		return "", true
	case server == "v4" && c.Kind != "Unary" && c.End == "EOF" && !slices.ContainsFunc(c.Texts, func(text string) bool { return text != "" && !slices.Contains(w.Texts, text) }):
		return "v4's end of a stream overwrites the frame before it, an error too (§3.7)", true
	case server == "v4" && c.Kind != "Unary":
		// What v4 has overwritten may come twice, empty, or not at all; the end comes all the same.
		for _, text := range c.Texts {
			if text != "" && !slices.Contains(w.Texts, text) {
				return "", false
			}
		}
		return "v4 overwrites frames (§3.7); what can't be read is skipped", strings.HasPrefix(strings.TrimPrefix(c.End, "open: "), w.End) && len(c.Texts) <= len(w.Texts)
	}
	return "", false
}

// Every kind of call in every content type to every end, between each two makes of program. The calls between two v4
// programs are there to show what is v4's own doing; nothing is asked of them.
func TestMatrix(t *testing.T) { matrix(t, "matrix") }

func matrix(t *testing.T, prefix string) {
	t.Helper()
	table := map[string]map[string]string{}
	rules := map[string]string{}
	var order []string
	pairs := []string{"v4 -> ours", "ours -> v4", "ours -> ours", "v4 -> v4"}
	for _, server := range []string{"ours", "v4"} {
		s := serveProgram(t, server, uniqueName(prefix), "")
		for _, client := range []string{"v4", "ours"} {
			pair := client + " -> " + server
			lines := strings.Split(strings.TrimSpace(say(t, client, "call", s.address)), "\n")
			if len(lines) != 4*4*6+4 {
				t.Fatalf("%s: %d cells", pair, len(lines))
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
				rule, ok := c.judge(server)
				if pair == "v4 -> v4" {
					continue
				}
				if rule != "" {
					rules[c.row()] = rule
				}
				if !ok {
					t.Errorf("%s: %s: got %q, want %q", pair, c.row(), c, c.want())
				}
			}
		}
	}
	slices.Sort(order)
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "call\t"+strings.Join(pairs, "\t")+"\trule")
	for _, row := range order {
		fmt.Fprint(w, row)
		for _, pair := range pairs {
			fmt.Fprint(w, "\t", table[row][pair])
		}
		fmt.Fprintln(w, "\t"+rules[row])
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d calls a pair\n%s", len(order), &text)
}

// A005, A013: a program that configures, registers two handlers and runs moves over by its import paths. A335: a server registers itself, a caller learns of its nodes and picks one; events go by the broker. Between every two
// makes of program, over mdns and the http broker.
func TestA005_A013_A335_LookUpAndEvents(t *testing.T) {
	registrytest.Multicast(t) // v4's only built-in registry is mdns
	for _, server := range []string{"ours", "v4"} {
		s := serveProgram(t, server, uniqueName("lookup"), "")
		for _, client := range []string{"v4", "ours"} {
			t.Run(client+" calls "+server+" by name", func(t *testing.T) {
				eventually(t, "the service is found", func() bool {
					out, _, status := command(t, program(t, client), "", "hello", s.name)
					return status == 0 && strings.TrimSpace(out) == "hello for Ann, hello Bob"
				})
			})
			t.Run(client+" publishes to "+server, func(t *testing.T) {
				before := s.out.String()
				say(t, client, "publish", s.name)
				for _, contentType := range []string{"application/json", "application/protobuf", "application/json-rpc", "application/proto-rpc", "application/grpc"} {
					line := "event " + contentType + " news\n"
					eventually(t, contentType, func() bool { return strings.Contains(s.out.String()[len(before):], line) })
				}
			})
		}
	}
}
