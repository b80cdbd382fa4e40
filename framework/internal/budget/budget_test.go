package budget_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/internal/budget"
)

func TestTextsShareABudget(t *testing.T) {
	left := budget.Bytes(10)
	got := []string{left.Text("sixsix"), left.Text("üüü"), left.Text("gone")}
	if diff := cmp.Diff([]string{"sixsix", "üü…", "…"}, got); diff != "" || left != 0 {
		t.Errorf("%d left, (-want +got):\n%s", left, diff)
	}
}

func TestAMapIsCutFromTheEnd(t *testing.T) {
	left := budget.Bytes(8)
	got := left.Map(map[string]string{"a": "one", "b": "two four", "c": "gone"})
	if diff := cmp.Diff(map[string]string{"a": "one", "b": "two…"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	mine := map[string]string{"a": "b"}
	left = 100
	copied := left.Map(mine)
	mine["a"] = "changed"
	if copied["a"] != "b" {
		t.Error("the copy changes with the original")
	}
}

// However many there are, what is kept is little more than the budget.
func TestNothingGrowsPastTheBudget(t *testing.T) {
	many := map[string]string{}
	for i := range 10_000 {
		many[fmt.Sprintf("key %d", i)] = strings.Repeat("x", i)
	}
	left, size := budget.Bytes(1000), 0
	for key, value := range left.Map(many) {
		size += len(key) + len(value)
	}
	if size < 1000 || size > 1000+3*len("…") {
		t.Errorf("%d bytes are kept of a budget of 1000", size)
	}
}
