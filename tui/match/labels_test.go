package match_test

import (
	"strings"
	"testing"

	"github.com/microtop/microtop/tui/match"
)

func TestLabels(t *testing.T) {
	eu, us := map[string]string{"region": "eu", "protocol": "grpc"}, map[string]string{"region": "us"}
	for _, c := range []struct {
		expr string
		sets []map[string]string
		want bool
	}{
		{"-l region=eu", []map[string]string{eu}, true},
		{"-l region=EU", []map[string]string{eu}, true},
		{"-l region=e", []map[string]string{eu}, false},
		{"-l region", []map[string]string{us}, true},
		{"-l zone", []map[string]string{us}, false},
		{"-l region=", []map[string]string{us}, false},
		{"-l region=eu, protocol=grpc", []map[string]string{eu}, true},
		{"-l region=us,protocol=grpc", []map[string]string{eu, us}, false}, // no one node has both
		{"-l region=us", []map[string]string{eu, us}, true},
		{"!-l region=eu", []map[string]string{us}, true},
		{"!-l region=eu", []map[string]string{us, eu}, false},
		{"-l region=eu", nil, false},
	} {
		l, ok, err := match.ParseLabels(c.expr)
		if !ok || err != nil {
			t.Fatalf("%s: %v %v", c.expr, ok, err)
		}
		if got := l.Match(c.sets...); got != c.want {
			t.Errorf("%s of %v: %v", c.expr, c.sets, got)
		}
	}
	for _, other := range []string{"", "eu", "-f eu", "-later", "a -l b", "-l " + strings.Repeat("x", match.MaxExpr)} {
		if _, ok, err := match.ParseLabels(other); ok || err != nil {
			t.Errorf("%.20q counts as labels: %v", other, err)
		}
	}
	for _, bad := range []string{"-l ", "-l =eu", "-l a=b,,c"} {
		if _, ok, err := match.ParseLabels(bad); !ok || err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
