package load

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/load"
	"github.com/microtop/microtop/tui/form"
	"github.com/microtop/microtop/tui/safetext"
)

// The fields of the form; the row after them starts the load.
const (
	rate = iota
	concurrency
	duration
	count
	starting
)

// fields are the numbers of a load as they are typed.
type fields struct{ text [starting]string }

var _ form.Source = (*fields)(nil)

func newFields() *fields { return &fields{text: [starting]string{"10", "10", "10s", ""}} }

// Len implements [form.Source].
func (f *fields) Len() int { return starting + 1 }

// names, units and notes say what each field is.
var described = [starting]struct{ name, unit, ghost, note safetext.Line }{
	{safetext.Literal("rate"), safetext.Literal("calls a second"), safetext.Literal("0: each when one before it is done"), safetext.Literal("a call is due at moments that the rate alone decides; latency counts from then, so that stalls show")},
	{safetext.Literal("concurrency"), safetext.Literal("at once"), safetext.Literal("10"), safetext.Literal("how many calls may be on their way at once")},
	{safetext.Literal("duration"), safetext.Literal("time"), safetext.Literal("no end but the count"), safetext.Literal("how long, such as 30s or 5m")},
	{safetext.Literal("count"), safetext.Literal("calls"), safetext.Literal("no end but the duration"), safetext.Literal("how many calls to make")},
}

// Row implements [form.Source].
func (f *fields) Row(i int) form.Row {
	if i >= starting {
		return form.Row{Label: safetext.Join("  ", safetext.Literal("[ Start ]"), f.told()), Kind: form.Action}
	}
	d := described[i]
	row := form.Row{Label: d.name, Type: d.unit, Ghost: d.ghost, Note: d.note, Edit: f.text[i], Value: safetext.Clean(f.text[i]), Mark: form.Set}
	if f.text[i] == "" {
		row.Mark = form.Unset
	}
	if _, err := f.one(i, load.Options{}); err != nil {
		row.Problem = safetext.Clean(err.Error())
	}
	return row
}

// told says what the load would be.
func (f *fields) told() safetext.Line {
	o, err := f.options()
	switch {
	case err != nil:
		return safetext.Clean(err.Error())
	case o.Modest():
		return safetext.Format("%s", o)
	}
	return safetext.Format("%s; more than a modest load: it is asked for first", o)
}

func (f *fields) set(i int, text string) {
	if i < starting {
		f.text[i] = strings.TrimSpace(text)
	}
}

// one reads one field into options.
func (f *fields) one(i int, o load.Options) (load.Options, error) {
	text := f.text[i]
	if text == "" {
		return o, nil
	}
	var err error
	switch i {
	case rate:
		o.Rate, err = strconv.ParseFloat(text, 64)
	case concurrency:
		if o.Concurrency, err = strconv.Atoi(text); err == nil && o.Concurrency < 1 {
			return o, fmt.Errorf("concurrency %d: 1 to %d", o.Concurrency, load.MaxConcurrency)
		}
	case duration:
		o.Duration, err = time.ParseDuration(text)
	case count:
		o.Count, err = strconv.Atoi(text)
	}
	if err != nil {
		return o, fmt.Errorf("%q: write a number; a duration as 30s or 5m", text)
	}
	return o, o.Check()
}

// options are the numbers as a load, or what is wrong with one of them.
func (f *fields) options() (o load.Options, err error) {
	for i := range starting {
		if o, err = f.one(i, o); err != nil {
			return o, fmt.Errorf("%s %w", described[i].name, err)
		}
	}
	return o, nil
}

// line is the command that makes the load. connect are the flags that say where to connect to.
func line(r invoke.Request, o load.Options, connect ...string) string {
	text := strings.Replace(collection.Line(r, connect...), "microtop call", "microtop load", 1)
	flags := fmt.Sprintf("microtop load --rate %g", o.Rate)
	if o.Concurrency > 0 {
		flags += fmt.Sprintf(" --concurrency %d", o.Concurrency)
	}
	if o.Duration > 0 {
		flags += " --duration " + o.Duration.String()
	}
	if o.Count > 0 {
		flags += fmt.Sprintf(" --count %d", o.Count)
	}
	if !o.Modest() {
		flags += " --yes"
	}
	return strings.Replace(text, "microtop load", flags, 1)
}
