package describe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/microtop/microtop/tui/safetext"
)

// asJSON writes a record as indented JSON.
func asJSON(record any) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(record); err != nil {
		return "", fmt.Errorf("write the record as JSON: %w", err)
	}
	return out.String(), nil
}

// asYAML writes JSON as YAML, with the fields in the same order.
func asYAML(text string) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(safetext.JSON([]byte(text)), &doc); err != nil { // JSON is YAML, but for controls it lets pass
		return "", fmt.Errorf("write the record as YAML: %w", err)
	}
	plain(&doc)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		return "", fmt.Errorf("write the record as YAML: %w", err)
	}
	return out.String(), nil
}

// oldBools are words that older YAML takes for true or false.
var oldBools = []string{"y", "n", "yes", "no", "on", "off"}

// plain takes braces and quotes away where YAML can do without.
func plain(n *yaml.Node) {
	if len(n.Content) > 0 || n.Kind == yaml.ScalarNode && !slices.Contains(oldBools, strings.ToLower(n.Value)) {
		n.Style = 0
	}
	for _, child := range n.Content {
		plain(child)
	}
}
