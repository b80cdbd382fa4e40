// Package nested makes one tree of values of names with many parts, as environment variables and flags have them:
// database-host is host in database. Start with [Tree].
package nested

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/config/encoder"
	"github.com/microtop/microtop/framework/config/source"
	"github.com/microtop/microtop/framework/limits"
)

// Tree makes a tree of values by their names, which are split at dashes and underscores and put in lower case. Where one name
// is the beginning of another, the longer counts. A name of more than 100 parts (framework/limits) is an error.
func Tree(values map[string]any) (map[string]any, error) {
	tree := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' })
		if most := limits.Default().BodyDepth; limits.Exceeded(len(parts), most) {
			return nil, fmt.Errorf("the name %.40s… has %d parts, at most %d are read", name, len(parts), most)
		}
		if len(parts) > 0 {
			put(tree, parts, values[name])
		}
	}
	return tree, nil
}

func put(tree map[string]any, parts []string, value any) {
	last := len(parts) - 1
	for _, part := range parts[:last] {
		inner, ok := tree[part].(map[string]any)
		if !ok {
			inner = map[string]any{}
			tree[part] = inner
		}
		tree = inner
	}
	if _, ok := tree[parts[last]].(map[string]any); !ok {
		tree[parts[last]] = value
	}
}

// Scalar returns what text means: whole numbers and the words true and false are such, all else is text. What would not be
// written as it was, such as 007, stays text.
func Scalar(text string) any {
	switch strings.ToLower(text) {
	case "true":
		return true
	case "false":
		return false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return json.Number(text)
	}
	return text
}

// ChangeSet returns what a source of that name says, written with e.
func ChangeSet(name string, tree map[string]any, e encoder.Encoder) (*source.ChangeSet, error) {
	data, err := e.Encode(tree)
	if err != nil {
		return nil, fmt.Errorf("config source %s: write %s: %w", name, e, err)
	}
	set := &source.ChangeSet{Timestamp: time.Now(), Format: e.String(), Source: name, Data: data}
	set.Checksum = set.Sum()
	return set, nil
}
