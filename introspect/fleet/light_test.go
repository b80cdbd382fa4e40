package fleet

import (
	"strings"
	"testing"
)

// A node that changes a huge record a thousand times must not be kept a thousand times.
func TestTheTimelineKeepsNodesLight(t *testing.T) {
	huge := map[string]string{"a": "small", "huge": strings.Repeat("x", 250<<10)}
	var tl timeline
	tl.add(Event{Kind: Changed, Node: Node{ID: "n", Metadata: huge, Vitals: new(Vitals)}, Before: &Node{ID: "n", Metadata: huge}})
	events, _ := tl.all()
	for _, n := range []Node{events[0].Node, *events[0].Before} {
		if n.Metadata["a"] != "small" || n.Metadata["huge"] != "" || n.Vitals != nil || n.ID != "n" {
			t.Errorf("kept %d keys, vitals %v", len(n.Metadata), n.Vitals)
		}
	}
	if len(huge) != 2 {
		t.Error("the node itself was changed")
	}
}
