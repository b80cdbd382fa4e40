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

// filter decides which messages are shown. It is immutable and safe for concurrent use.
type filter struct {
	text *match.Matcher
	jq   *gojq.Code
}

// newFilter reads ".path==x" as a jq expression, "re:x" as a regular expression, anything
// else as the console's filter language. "" is no filter, which is nil.
func newFilter(expr string) (*filter, error) {
	if expr == "" {
		return nil, nil
	}
	if !strings.HasPrefix(expr, ".") {
		m, err := match.Parse(strings.TrimPrefix(expr, "re:"))
		if err != nil {
			return nil, err
		}
		return &filter{text: m}, nil
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
	return &filter{jq: code}, nil
}

// match tells whether a message is shown.
func (f *filter) match(ctx context.Context, m *topics.Message) bool {
	if f.text != nil {
		return f.text.Match(m.Topic + " " + string(shown(m)))
	}
	if m.JSON == nil || len(m.JSON) > jqBody {
		return false
	}
	v, err := show.Decode(m.JSON)
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, jqTime)
	defer cancel()
	first, ok := f.jq.RunWithContext(ctx, v).Next()
	_, failed := first.(error)
	return ok && !failed && first != nil && first != false
}

// shown is the body as it is shown and filtered: as JSON where it could be read.
func shown(m *topics.Message) []byte {
	if m.JSON != nil {
		return m.JSON
	}
	return m.Raw
}
