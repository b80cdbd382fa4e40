package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// shortest is the shortest value that is looked for in a text: shorter ones stand in any text by chance.
const shortest = 4

var (
	scheme   = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[\w.~+/=-]{4,}`)
	assigned = regexp.MustCompile(`([\w-]+)=("[^"]*"|[^\s&;,"]+)`)
	member   = regexp.MustCompile(`"([\w-]+)"(\s*:\s*)"(?:[^"\\]|\\.)*"`)
)

// Text returns a text for people with the mark in the place of the values given, of bearer and basic credentials, and
// of what a secret's name is given with "=" or as a JSON member.
func Text(text string, values ...string) string {
	values = slices.Clone(values)
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) }) // one may be a part of another
	var pairs []string
	for _, value := range values {
		if len(value) >= shortest {
			pairs = append(pairs, value, Mark)
		}
	}
	text = strings.NewReplacer(pairs...).Replace(text) // in one pass, as a value may be a part of the mark
	text = member.ReplaceAllStringFunc(text, func(found string) string {
		part := member.FindStringSubmatch(found)
		if !Named(part[1]) {
			return found
		}
		return `"` + part[1] + `"` + part[2] + `"` + Mark + `"`
	})
	text = assigned.ReplaceAllStringFunc(text, func(found string) string {
		name, _, _ := strings.Cut(found, "=")
		if !Named(name) {
			return found
		}
		return name + "=" + Mark
	})
	return scheme.ReplaceAllString(text, "$1 "+Mark)
}

// Values are the secrets of a call: those of its metadata, also without the word before them as in "Bearer x", and those
// of its JSON body. They are what [Text] is to look for.
func Values(md map[string]string, body []byte) []string {
	var out []string
	for key, value := range md {
		if Named(key) {
			out = append(out, value)
			if at := strings.LastIndexByte(value, ' '); at >= 0 {
				out = append(out, value[at+1:])
			}
		}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var decoded any
	if d.Decode(&decoded) == nil {
		out = below(out, decoded, false)
	}
	return out
}

// below adds the secrets of a JSON value; within a secret everything is one.
func below(out []string, v any, hidden bool) []string {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			out = below(out, value, hidden || Named(name))
		}
	case []any:
		for _, value := range v {
			out = below(out, value, hidden)
		}
	case string, json.Number:
		if hidden {
			out = append(out, fmt.Sprint(v))
		}
	}
	return out
}
