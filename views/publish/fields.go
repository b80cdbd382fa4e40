package publish

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/shell"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui/form"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// The fields below the message.
const (
	headers = iota
	count
	interval
	template
	file
	anyway
	fieldCount
)

// asked is how many messages the command publishes without --yes.
const asked = 100

// mostCount is how many messages one go publishes at most.
const mostCount = 1_000_000

// fields are how a message is published, as it is typed. A switch is "" or "on".
type fields struct{ text [fieldCount]string }

var _ form.Source = (*fields)(nil)

var described = [fieldCount]struct{ name, ghost, note safetext.Line }{
	headers:  {safetext.Literal("headers"), safetext.Literal("tenant=t1 trace='a b'"), safetext.Literal("key=value, with blanks between; with a Content-Type the message is sent as it is")},
	count:    {safetext.Literal("count"), safetext.Literal("1"), safetext.Literal("how often it is published; of a file, all of it")},
	interval: {safetext.Literal("interval"), safetext.Literal("none"), safetext.Literal("the pause between two messages, such as 100ms; without one, as fast as the subscribers take them")},
	template: {safetext.Literal("template"), safetext.Literal("off"), safetext.Literal("fills " + topics.Functions)},
	file:     {safetext.Literal("file"), safetext.Literal("none: the message above"), safetext.Literal("a file with a message on each line, in place of the one above")},
	anyway:   {safetext.Literal("unchecked"), safetext.Literal("off"), safetext.Literal("sends also what does not fit what the subscribers take, as JSON")},
}

// Len implements [form.Source].
func (f *fields) Len() int { return fieldCount }

// Row implements [form.Source].
func (f *fields) Row(i int) form.Row {
	d := described[i]
	row := form.Row{Label: d.name, Ghost: d.ghost, Note: d.note, Edit: f.text[i], Value: safetext.Clean(f.text[i]), Mark: form.Set}
	if f.text[i] == "" {
		row.Mark = form.Unset
	}
	if i == template || i == anyway {
		row.Kind = form.Choice
	}
	if err := f.one(i, new(topics.Batch)); err != nil {
		row.Problem = safetext.Clean(err.Error())
	}
	return row
}

func (f *fields) set(i int, text string) { f.text[i] = strings.TrimSpace(text) }

// turn turns a switch.
func (f *fields) turn(i int) {
	if i == template || i == anyway {
		f.text[i] = map[string]string{"": "on"}[f.text[i]]
	}
}

// one reads one field into a batch.
func (f *fields) one(i int, b *topics.Batch) (err error) {
	text := f.text[i]
	switch {
	case text == "":
	case i == headers:
		b.Header, err = readHeaders(text)
	case i == count:
		if b.Count, err = strconv.Atoi(text); err != nil || b.Count < 1 || b.Count > mostCount {
			return fmt.Errorf("count %q: 1 to %d", text, mostCount)
		}
	case i == interval:
		if b.Interval, err = time.ParseDuration(text); err != nil || b.Interval < 0 {
			return fmt.Errorf("interval %q: write a duration such as 100ms or 2s", text)
		}
	case i == template:
		b.Template = true
	case i == anyway:
		b.Unchecked = true
	}
	return err
}

func readHeaders(text string) (map[string]string, error) {
	words, err := shell.Split(text)
	if err != nil {
		return nil, fmt.Errorf("headers: %w", err)
	}
	out := map[string]string{}
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("header %q: write key=value", word)
		}
		out[key] = value
	}
	return out, nil
}

// batch is how it is published, or what is wrong with a field. Its bodies are the caller's to give.
func (f *fields) batch(topic string) (topics.Batch, error) {
	b := topics.Batch{Publication: topics.Publication{Topic: topic}, Count: 1}
	var failed []error
	for i := range fieldCount {
		failed = append(failed, f.one(i, &b))
	}
	return b, errors.Join(failed...)
}

// command are the arguments of the command that publishes the same.
func (f *fields) command(topic, body string) []string {
	args := []string{"publish", topic}
	if f.text[file] == "" && body != "" {
		args = append(args, body)
	}
	b, _ := f.batch(topic) // what is wrong with it the command says too
	for _, key := range show.SortedKeys(b.Header) {
		args = append(args, "--metadata", key+"="+b.Header[key])
	}
	for _, flag := range []struct {
		name string
		i    int
	}{{"--count", count}, {"--interval", interval}, {"--file", file}} {
		if f.text[flag.i] != "" {
			args = append(args, flag.name, f.text[flag.i])
		}
	}
	if b.Template {
		args = append(args, "--template")
	}
	if b.Unchecked {
		args = append(args, "--force")
	}
	if b.Count > asked {
		args = append(args, "--yes")
	}
	return args
}
