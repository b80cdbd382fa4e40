package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"
	"go.yaml.in/yaml/v3"

	"github.com/microtop/microtop/tui/safetext"
)

// The output formats.
const (
	asTable  = "table"
	asJSON   = "json"
	asYAML   = "yaml"
	asNDJSON = "ndjson"
	asProto  = "proto" // of describe alone
)

// cleanWriter makes what others write fit for a terminal.
type cleanWriter struct{ out io.Writer }

// Write implements io.Writer. Each call is whole lines.
func (w cleanWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.out, safetext.CleanBlock(string(p)).String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// format returns the chosen output format, or the command's default; one that the command does not have is refused.
func (a *app) format(fallback string, others ...string) (string, error) {
	if a.output == "" {
		return fallback, nil
	}
	known := slices.DeleteFunc(append([]string{fallback}, others...), func(name string) bool { return name == "" })
	if !slices.Contains(known, a.output) {
		return "", usagef("unknown output format %q: use one of %s", a.output, strings.Join(known, ", "))
	}
	return a.output, nil
}

// onTerminal says whether a person reads the output: then it is indented, and controls are escaped.
func onTerminal(out io.Writer) bool {
	f, ok := out.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}

// list prints rows: as a table, as one array, or as one object a line.
func list[T any](a *app, rows []T, columns []string, cells func(T) []string) error {
	format, err := a.format(asTable, asJSON, asYAML, asNDJSON)
	if err != nil {
		return err
	}
	if rows == nil {
		rows = []T{} // an empty array, not null
	}
	switch format {
	case asTable:
		return a.table(columns, rows2cells(rows, cells))
	case asNDJSON:
		for _, row := range rows {
			if err := a.line(row); err != nil {
				return err
			}
		}
		return nil
	case asYAML:
		return a.yaml(rows)
	default:
		return a.json(rows)
	}
}

func rows2cells[T any](rows []T, cells func(T) []string) [][]string {
	out := make([][]string, 0, len(rows))
	for _, row := range rows {
		out = append(out, cells(row))
	}
	return out
}

// table prints columns that are as wide as their widest cell, two spaces apart.
func (a *app) table(columns []string, rows [][]string) error {
	lines := make([][]safetext.Line, 0, len(rows)+1)
	widths := make([]int, len(columns))
	for _, row := range append([][]string{columns}, rows...) {
		line := make([]safetext.Line, len(columns))
		for i := range columns {
			line[i] = safetext.Clean(row[i])
			widths[i] = max(widths[i], line[i].Width())
		}
		lines = append(lines, line)
	}
	var out strings.Builder
	for _, line := range lines {
		for i, cell := range line {
			if i == len(line)-1 {
				out.WriteString(cell.String())
				break
			}
			out.WriteString(cell.String())
			out.WriteString(strings.Repeat(" ", widths[i]-cell.Width()+2))
		}
		out.WriteByte('\n')
	}
	_, err := io.WriteString(a.out, out.String())
	return err
}

// json prints a value, indented.
func (a *app) json(v any) error {
	text, err := marshal(v)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return err
	}
	return a.raw(append(indented.Bytes(), '\n'))
}

// line prints a value as JSON on one line.
func (a *app) line(v any) error {
	text, err := marshal(v)
	if err != nil {
		return err
	}
	return a.raw(append(text, '\n'))
}

// marshal leaves < and > as they are: this is no web page.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// yaml prints what json would, as YAML with the same names.
func (a *app) yaml(v any) error {
	text, err := marshal(v)
	if err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(safetext.JSON(text), &node); err != nil { // JSON is YAML
		return fmt.Errorf("print: %w", err)
	}
	plain(&node)
	out, err := yaml.Marshal(&node)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return a.raw(out)
}

// plain takes the JSON look off a YAML tree.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		plain(child)
	}
}

// raw writes JSON or YAML text; for a terminal, with what could steer it escaped.
func (a *app) raw(text []byte) error {
	if onTerminal(a.out) {
		text = safetext.JSON(text)
	}
	_, err := a.out.Write(text)
	return err
}

// body prints a JSON body as it came: indented for a person, on one line for a program.
func (a *app) body(text []byte) error {
	format, err := a.format(asJSON, asYAML, asNDJSON)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	switch {
	case !json.Valid(text):
		return a.raw(append(bytes.TrimRight(text, "\n"), '\n'))
	case format == asYAML:
		return a.yaml(json.RawMessage(text))
	case format == asJSON && onTerminal(a.out):
		err = json.Indent(&out, bytes.TrimSpace(text), "", "  ")
	default:
		err = json.Compact(&out, text)
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return a.raw(append(out.Bytes(), '\n'))
}

// text prints rows of the program's own making, such as a profile's stacks, of any length.
func (a *app) text(s string) error {
	var out strings.Builder
	for row := range strings.Lines(s) {
		out.WriteString(safetext.CleanBlock(row).String())
	}
	_, err := io.WriteString(a.out, out.String())
	return err
}

// rows prints lines for people. A line break within one is shown, and begins no other.
func (a *app) rows(lines ...string) error {
	var out strings.Builder
	for _, line := range lines {
		out.WriteString(safetext.Clean(line).String())
		out.WriteByte('\n')
	}
	_, err := io.WriteString(a.out, out.String())
	return err
}

// notNil is an empty list in place of none: [] in JSON, not null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// notNilMap is an empty object in place of none.
func notNilMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// errLine writes a line to standard error.
func (a *app) errLine(s string) error {
	_, err := io.WriteString(a.err, safetext.Clean(s).String()+"\n")
	return err
}
