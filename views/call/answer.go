package call

import (
	"bytes"
	"context"
	"errors"
	"unicode/utf8"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/tree"
	"github.com/microtop/microtop/views/show"
)

// kept is how much of an answer is kept, in bytes.
const kept = 8 << 20

// answer is what came of a call, ready to be drawn.
type answer struct {
	service string         // the one that was called
	result  *invoke.Result // nil when nothing was sent
	err     error          // why nothing was sent, or what the call failed with
	body    []byte         // what is kept of it
	text    safetext.Block
	lines   []safetext.Line // of text
	syntax  pager.Syntax
	tree    []tree.Node   // of a JSON object or list
	note    safetext.Line // what is not shown
}

// newAnswer prepares a call's outcome. It may take a while for a large body, so it is not
// for Update.
func newAnswer(service string, result *invoke.Result, err error) *answer {
	a := &answer{service: service, result: result, err: err}
	if err == nil {
		a.err = result.Err
	}
	if a.err != nil {
		a.text = explain(a.err, result != nil)
		return a
	}
	a.body = result.Body
	if len(a.body) > kept {
		a.body = bytes.Clone(a.body[:kept])
		a.note = safetext.Format("kept the first %s of %s", show.Bytes(kept), show.Bytes(uint64(len(result.Body))))
		result.Body = nil
		a.text, a.syntax = show.Head(a.body)
		return a
	}
	a.text, a.syntax = show.Body(a.body)
	if a.syntax == pager.JSON {
		a.tree, _ = show.JSONTree(a.body)
	}
	if a.syntax == pager.Text && !utf8.Valid(a.body) && len(a.body) > show.Dumped {
		a.note = safetext.Format("showing the first %s of %s", show.Bytes(show.Dumped), show.Bytes(uint64(len(a.body))))
	}
	return a
}

// explain says what is wrong.
func explain(err error, sent bool) safetext.Block {
	var wrong *schema.BodyError
	var told show.Remote
	switch {
	case errors.As(err, &wrong):
		return safetext.BlockOf(safetext.Literal("nothing was sent: the request does not fit"), safetext.Clean(wrong.Error()))
	case !sent:
		return safetext.BlockOf(append([]safetext.Line{safetext.Literal("nothing was sent"), {}}, safetext.CleanBlock(err.Error()).Lines()...)...)
	case errors.As(err, &told):
		lines := []safetext.Line{
			safetext.Format("code    %s", show.Status(told.GetCode())),
			safetext.Format("id      %s", told.GetId()),
			{},
		}
		return safetext.BlockOf(append(lines, safetext.CleanBlock(told.GetDetail()).Lines()...)...)
	}
	return safetext.CleanBlock(err.Error())
}

// good tells whether the call succeeded.
func (a *answer) good() bool { return a.err == nil }

// headline is the outcome in one line, the most telling first.
func (a *answer) headline() safetext.Line {
	switch {
	case errors.Is(a.err, context.Canceled) && a.result == nil:
		return safetext.Literal("cancelled")
	case a.result == nil:
		return safetext.Literal("not sent")
	}
	parts := []safetext.Line{safetext.Clean(show.Status(a.result.Code())), safetext.Clean(show.Duration(a.result.Duration))}
	if a.good() {
		parts = append(parts, safetext.Clean(show.Bytes(uint64(a.result.Size)))) //nolint:gosec // not negative
	}
	if n := len(a.result.Attempts); n > 1 {
		parts = append(parts, safetext.Clean(show.Count(n, "attempt")))
	}
	if node := a.result.Node(); node != "" {
		parts = append(parts, safetext.Format("node %s", short(a.service, node)).Cut(60))
	}
	return safetext.Join("  ", append(parts, safetext.Clean(a.result.ContentType))...)
}

// short is a node's id without what the service's name and a UUID's tail add to it.
func short(service, node string) string {
	return show.ShortID(&fleet.Node{Service: service, ID: node})
}

// attempts is a line for each attempt.
func (a *answer) attempts() []safetext.Line {
	if a.result == nil {
		return nil
	}
	var lines []safetext.Line
	for i, t := range a.result.Attempts {
		outcome := safetext.Literal("ok")
		if t.Err != nil {
			outcome = safetext.Clean(show.Failure(t.Err))
		}
		lines = append(lines, safetext.Format("%d  +%s  %s  %s %s  %s", i+1,
			show.Duration(max(t.Start.Sub(a.result.Start), 0)), show.Duration(t.Duration), short(a.service, t.Node), t.Address, outcome))
	}
	return lines
}
