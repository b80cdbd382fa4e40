package topics_test

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/introspect/topics"
)

var noon = time.Date(2026, 1, 31, 13, 0, 0, 5e6, time.FixedZone("", 3600))

func TestTemplates(t *testing.T) {
	for text, want := range map[string]string{
		"":                     ``,
		`{"a": {"b": 1}}`:      `\{"a": \{"b": 1\}\}`, // }} alone is JSON
		`{"n": {{count}}}`:     `\{"n": 7\}`,
		`{{ count }}{{count}}`: `77`,
		`"{{time}}"`:           `"2026-01-31T12:00:00\.005Z"`,
		`{{unix}}`:             `1769860800`,
		`{{random 10 12}}`:     `1[012]`,
		`{{random -1 -1}}`:     `-1`,
		`{{random -9223372036854775808 9223372036854775807}}`: `-?\d+`,
		`{{uuid}}`: `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`,
	} {
		got, err := topics.Fill(text, 7, noon)
		if err != nil || !regexp.MustCompile("^"+want+"$").MatchString(got) {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"{\n  \"n\": {{cuont}}\n}": `template at line 2, column 8: no function "cuont": did you mean count?`,
		"{{}}":                     "template at line 1, column 1: no function between {{ and }}: there are {{count}}",
		"{{zzzzzzzz}}":             "there are {{count}}",
		"x{{count":                 "template at line 1, column 2: {{ without }}",
		"{{count 3}}":              "count takes no arguments",
		"{{random 3}}":             "write {{random FROM TO}}",
		"{{random 3 2}}":           "the smaller first",
		"{{random a b}}":           "two whole numbers",
	} {
		_, err := topics.Fill(text, 1, noon)
		var wrong *topics.TemplateError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestRandomNumbersStayWithin(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		got, err := topics.Fill("{{random 1 3}}", 1, noon)
		if n, err2 := strconv.Atoi(got); err != nil || err2 != nil || n < 1 || n > 3 {
			t.Fatalf("%q, %v", got, err)
		}
		seen[got] = true
	}
	if len(seen) != 3 {
		t.Errorf("only %v", seen)
	}
	if got, err := topics.Fill("{{random 9223372036854775806 9223372036854775807}}", 1, noon); err != nil || !strings.HasPrefix(got, strconv.Itoa(math.MaxInt64)[:18]) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAFilledPublication(t *testing.T) {
	p := topics.Publication{Body: []byte(`{{count}}`), Header: map[string]string{"Trace": "t-{{count}}", "Plain": "x"}}
	got, err := p.Filled(3, noon)
	if err != nil || string(got.Body) != "3" || got.Header["Trace"] != "t-3" || got.Header["Plain"] != "x" || p.Header["Trace"] != "t-{{count}}" {
		t.Errorf("%s, %v, %v of %v", got.Body, got.Header, err, p.Header)
	}
	p.Header["Trace"] = "{{nope}}"
	if _, err := p.Filled(1, noon); err == nil || !strings.HasPrefix(err.Error(), "header Trace: template at line 1") {
		t.Error(err)
	}
}

func FuzzTemplates(f *testing.F) {
	for _, s := range []string{"{{count}}", "{{{{}}}}", "{{random 1 2}}{{", "}}{{time}}", "{{\xff}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := topics.Fill(text, 1, noon)
		if err == nil && !strings.Contains(text, "{{") && got != text {
			t.Errorf("%q became %q", text, got)
		}
		var wrong *topics.TemplateError
		if err != nil && (!errors.As(err, &wrong) || wrong.Line < 1 || wrong.Column < 1 || len(err.Error()) > 300) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
