package tail

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui/match"
	"github.com/microtop/microtop/views/show"
)

const (
	// jqTime bounds the run of a jq expression on one message.
	jqTime = 20 * time.Millisecond
	// jqBody is the largest body a jq expression is run on, in bytes.
	jqBody = 1 << 20
)

// Filter decides which messages are shown. It is immutable and safe for concurrent use; nil lets all through.
type Filter struct {
	text *match.Matcher
	jq   *gojq.Code
}

// ParseFilter reads ".path==x" as a jq expression, "re:x" as a regular expression, anything
// else as the console's filter language. "" is no filter, which is nil.
func ParseFilter(expr string) (*Filter, error) {
	if expr == "" {
		return nil, nil
	}
	if !strings.HasPrefix(expr, ".") {
		m, err := match.Parse(strings.TrimPrefix(expr, "re:"))
		if err != nil {
			return nil, err
		}
		return &Filter{text: m}, nil
	}
	if len(expr) > match.MaxExpr {
		return nil, fmt.Errorf("filter longer than %d bytes", match.MaxExpr)
	}
	query, err := gojq.Parse(expr)
	if err != nil {
		return nil, fmt.Errorf("jq: %w", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, fmt.Errorf("jq: %w", err)
	}
	return &Filter{jq: code}, nil
}

// Match tells whether a message is shown, by what its body reads like. It may take a moment.
func (f *Filter) Match(ctx context.Context, m *topics.Message, as topics.Decoding) bool {
	if f == nil {
		return true
	}
	b, err := bodyOf(m, as)
	if f.text != nil {
		return f.text.Match(m.Topic + " " + string(b.Text))
	}
	if err != nil || !b.JSON || len(b.Text) > jqBody {
		return false
	}
	v, err := show.Decode(b.Text)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, jqTime)
	defer cancel()
	first, ok := f.jq.RunWithContext(ctx, v).Next()
	_, failed := first.(error)
	return ok && !failed && first != nil && first != false
}
