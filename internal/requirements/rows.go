package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

// Row is one requirement.
type Row struct {
	ID        string // A051
	Component string
	Text      string
}

//go:embed rows.txt
var rowsFile string

// parseRows reads a row a line: id, component and text, parted by tabs.
func parseRows(file string) ([]Row, error) {
	var rows []Row
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(file), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) != 3 || !rowID.MatchString(fields[0]) {
			return nil, fmt.Errorf("rows.txt:%d: want id, component and text, parted by tabs", i+1)
		}
		if seen[fields[0]] {
			return nil, fmt.Errorf("rows.txt:%d: %s twice", i+1, fields[0])
		}
		seen[fields[0]] = true
		rows = append(rows, Row{ID: fields[0], Component: fields[1], Text: fields[2]})
	}
	return rows, nil
}

var rowID = regexp.MustCompile(`^A\d{3}$`)

// idsOf gives the rows a test names: TestA051_Heartbeat, TestRun/A040_A041_order.
func idsOf(test string) []string {
	var ids []string
	for _, part := range strings.FieldsFunc(strings.TrimPrefix(test, "Test"), func(r rune) bool { return r == '/' || r == '_' || r == '#' }) {
		if rowID.MatchString(part) {
			ids = append(ids, part)
		}
	}
	return ids
}
