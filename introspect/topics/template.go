package topics

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/introspect/nearest"
)

// Functions say what may stand between {{ and }} in a template, for people.
const Functions = "{{count}} (1, 2, …), {{time}} (RFC 3339, UTC), {{unix}} (seconds), {{random FROM TO}} (a whole number) and {{uuid}}"

// TemplateError says what is wrong with a template, and where. Nothing was sent.
type TemplateError struct {
	// Line and Column are where the wrong {{ stands, from 1; the column counts bytes.
	Line, Column int
	Reason       string
}

// Error implements error.
func (e *TemplateError) Error() string {
	return fmt.Sprintf("template at line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Fill replaces what stands between {{ and }} in text. count is the message's number, from 1. See [Functions].
func Fill(text string, count int, now time.Time) (string, error) {
	var out strings.Builder
	for rest := text; ; {
		before, from, found := strings.Cut(rest, "{{")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		inside, after, closed := strings.Cut(from, "}}")
		value, reason := "", "{{ without }}"
		if closed {
			value, reason = call(strings.Fields(inside), count, now)
		}
		if reason != "" {
			return "", templateError(text, len(text)-len(from)-len("{{"), reason)
		}
		out.WriteString(value)
		rest = after
	}
}

// call runs a function, or says why it cannot.
func call(words []string, count int, now time.Time) (value, reason string) {
	if len(words) == 0 {
		return "", "no function between {{ and }}: there are " + Functions
	}
	name, args := words[0], words[1:]
	simple := map[string]func() string{
		"count": func() string { return strconv.Itoa(count) },
		"time":  func() string { return now.UTC().Format("2006-01-02T15:04:05.000Z07:00") },
		"unix":  func() string { return strconv.FormatInt(now.Unix(), 10) },
		"uuid":  uuid.NewString,
	}
	switch f := simple[name]; {
	case f != nil && len(args) > 0:
		return "", name + " takes no arguments"
	case f != nil:
		return f(), ""
	case name == "random":
		return random(args)
	}
	if len(name) > 40 {
		name = name[:40] + "…"
	}
	meant := ": there are " + Functions
	if near := nearest.Names(name, []string{"count", "time", "unix", "random", "uuid"}); len(near) > 0 {
		meant = ": did you mean " + strings.Join(near, " or ") + "?"
	}
	return "", "no function " + strconv.Quote(name) + meant
}

func random(args []string) (value, reason string) {
	const usage = "write {{random FROM TO}} with two whole numbers, the smaller first"
	if len(args) != 2 {
		return "", usage
	}
	from, err := strconv.ParseInt(args[0], 10, 64)
	to, err2 := strconv.ParseInt(args[1], 10, 64)
	if err != nil || err2 != nil || from > to {
		return "", usage
	}
	span := uint64(to) - uint64(from) //nolint:gosec // wraps as it should
	offset := rand.Uint64()           //nolint:gosec // test data
	if span+1 != 0 {
		offset = rand.Uint64N(span + 1) //nolint:gosec // test data
	}
	return strconv.FormatInt(from+int64(offset), 10), "" //nolint:gosec // wraps as it should
}

func templateError(text string, at int, reason string) error {
	before := text[:at]
	return &TemplateError{Line: strings.Count(before, "\n") + 1, Column: at - strings.LastIndexByte(before, '\n'), Reason: reason}
}

// Filled is the publication with its body and its headers' values filled.
func (p Publication) Filled(count int, now time.Time) (Publication, error) {
	body, err := Fill(string(p.Body), count, now)
	if err != nil {
		return p, err
	}
	header := make(map[string]string, len(p.Header))
	for key, value := range p.Header {
		if header[key], err = Fill(value, count, now); err != nil {
			return p, fmt.Errorf("header %s: %w", key, err)
		}
	}
	p.Body, p.Header = []byte(body), header
	return p, nil
}
