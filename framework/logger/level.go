package logger

import (
	"fmt"
	"log/slog"
	"strings"
)

// Level is a line's severity; higher is more severe. The zero value is Info.
type Level int8

// The levels, as v4 numbers them.
const (
	// TraceLevel is finer than debug.
	TraceLevel Level = iota - 2
	// DebugLevel is for development.
	DebugLevel
	// InfoLevel is the default.
	InfoLevel
	// WarnLevel is what someone should look at, some day.
	WarnLevel
	// ErrorLevel is what someone should look at.
	ErrorLevel
	// FatalLevel ends the process after the line is written.
	FatalLevel
)

var levelNames = [...]string{"trace", "debug", "info", "warn", "error", "fatal"}

// String returns the level's lower-case name, or "" for a value out of range.
func (l Level) String() string {
	i := int(l - TraceLevel)
	if i < 0 || i >= len(levelNames) {
		return ""
	}
	return levelNames[i]
}

// Enabled reports whether a line of level is written by a logger set to l.
func (l Level) Enabled(level Level) bool { return level >= l }

// Slog returns the slog level of l: four steps a level, as slog spaces its own.
func (l Level) Slog() slog.Level { return slog.Level(4 * int(l)) }

// GetLevel parses a level's name; on an unknown one it returns InfoLevel and an error that lists the names.
func GetLevel(name string) (Level, error) {
	for i, known := range levelNames {
		if strings.EqualFold(name, known) {
			return TraceLevel + Level(i), nil
		}
	}
	return InfoLevel, fmt.Errorf("unknown log level %q: use one of %s", name, strings.Join(levelNames[:], ", "))
}
