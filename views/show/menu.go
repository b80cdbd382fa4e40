package show

import (
	"encoding/json"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
)

// Observe asks what to look at of nodes, and opens the screen for it.
func Observe(nodes []*fleet.Node) tea.Cmd {
	of := safetext.Clean(Count(len(nodes), "node"))
	if len(nodes) == 1 {
		of = Node(nodes[0])
	}
	return tui.Do(tui.Menu{Title: safetext.Join(" ", safetext.Literal("observe"), of), Items: []tui.Item{
		{Key: "p", Label: safetext.Literal("profile"), Detail: safetext.Literal("cpu, heap, goroutines, locks, trace"), Run: tui.Do(tui.Open{Name: "profile", With: nodes})},
		{Key: "l", Label: safetext.Literal("logs"), Detail: safetext.Literal("the last records, then as they come"), Run: tui.Do(tui.Open{Name: "logs", With: nodes})},
	}})
}

// Text is something that can be copied.
type Text struct {
	Key  string
	What safetext.Line
	Text string
}

// Copy asks which of several texts goes to the clipboard.
func Copy(choices ...Text) tea.Cmd {
	menu := tui.Menu{Title: safetext.Literal("copy")}
	for _, c := range choices {
		detail := safetext.Clean(c.Text).Cut(60)
		menu.Items = append(menu.Items, tui.Item{Key: c.Key, Label: c.What, Detail: detail, Run: tui.Do(tui.Copy{What: c.What, Text: c.Text})})
	}
	return tui.Do(menu)
}

// Tail opens the tail of topics; of several it asks which.
func Tail(topics []string) tea.Cmd {
	if len(topics) == 1 {
		return tui.Do(tui.Open{Name: "tail", With: topics})
	}
	menu := tui.Menu{Title: safetext.Literal("tail"), Items: []tui.Item{
		{Key: "a", Label: safetext.Clean("all " + Count(len(topics), "topic")), Run: tui.Do(tui.Open{Name: "tail", With: topics})},
	}}
	for _, topic := range topics {
		menu.Items = append(menu.Items, tui.Item{Label: safetext.Clean(topic).Cut(80), Run: tui.Do(tui.Open{Name: "tail", With: []string{topic}})})
	}
	return tui.Do(menu)
}

// JSON is a value as indented JSON.
func JSON(v any) string {
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "null" // unreachable: records are maps, lists and strings
	}
	return string(out)
}

// Row is the cells of a line as tab-separated text.
func Row(cells []safetext.Line) string { return safetext.Join("\t", cells...).String() }
