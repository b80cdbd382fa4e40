package topics

import (
	"context"
	"slices"
	"strings"

	"github.com/microtop/microtop/introspect"
)

// Expand replaces each name with a * in it by the topics like it that the registry knows of now: a * stands for any
// text. Other names stand as they are, known or not.
func Expand(ctx context.Context, session *introspect.Session, names []string) ([]string, error) {
	if !slices.ContainsFunc(names, func(name string) bool { return strings.Contains(name, "*") }) {
		return names, nil
	}
	all, err := List(ctx, session)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		if !strings.Contains(name, "*") {
			out = append(out, name)
			continue
		}
		before := len(out)
		for _, t := range all {
			if like(name, t.Name) {
				out = append(out, t.Name)
			}
		}
		if len(out) == before {
			return nil, &introspect.NotFoundError{Kind: "topic", Name: name, Where: session.Where(), Known: len(all)}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// like matches a name with a pattern whose * stand for any text.
func like(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, last)
}
