package logger

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/microtop/microtop/framework/debug/log"
)

// DefaultLogger serves programs that name no logger; it prints to standard output at the level MICRO_LOG_LEVEL names.
var DefaultLogger = NewLogger()

// callerSkip is the number of frames from runtime.Caller inside newRecord to the caller of the function that called log.
const callerSkip = 3

// fileKey is the field that names the source line.
const fileKey = "file"

type (
	handlerKey struct{}
	recordKey  struct{}
)

// WithHandler sends lines to a slog handler instead of Out, with fields as attributes.
func WithHandler(h slog.Handler) Option { return SetOption(handlerKey{}, h) }

// WithLog sets which log keeps the lines for the debug service; the default is log.DefaultLog.
func WithLog(l log.Log) Option { return SetOption(recordKey{}, l) }

// NewLogger returns a logger that prints lines in v4's form:
//
//	2006-01-02 15:04:05  file=srv/main.go:317 level=info message
//
// and keeps them for the debug service. Fatal lines end the process with status 1.
func NewLogger(opts ...Option) Logger {
	level, err := GetLevel(os.Getenv("MICRO_LOG_LEVEL"))
	if err != nil {
		level = InfoLevel
	}
	l := &defaultLogger{write: new(sync.Mutex), opts: Options{Level: level, Out: os.Stdout, Context: context.Background()}}
	_ = l.Init(opts...) // only sets fields
	return l
}

type defaultLogger struct {
	write *sync.Mutex // one line at a time on Out; shared by the loggers that Fields makes

	mu   sync.RWMutex
	opts Options
}

var _ Logger = (*defaultLogger)(nil)

// Init implements Logger.
func (l *defaultLogger) Init(opts ...Option) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, set := range opts {
		set(&l.opts)
	}
	l.opts.Fields = maps.Clone(l.opts.Fields)
	return nil
}

// Options implements Logger.
func (l *defaultLogger) Options() Options {
	l.mu.RLock()
	defer l.mu.RUnlock()
	opts := l.opts
	opts.Fields = maps.Clone(l.opts.Fields)
	return opts
}

// Fields implements Logger.
func (l *defaultLogger) Fields(fields map[string]any) Logger {
	opts := l.Options()
	if opts.Fields == nil {
		opts.Fields = make(map[string]any, len(fields))
	}
	maps.Copy(opts.Fields, fields)
	return &defaultLogger{write: l.write, opts: opts}
}

// Log implements Logger.
func (l *defaultLogger) Log(level Level, v ...any) {
	l.log(0, level, func() string { return fmt.Sprint(v...) })
}

// Logf implements Logger.
func (l *defaultLogger) Logf(level Level, format string, v ...any) {
	l.log(0, level, func() string { return fmt.Sprintf(format, v...) })
}

// String implements Logger.
func (l *defaultLogger) String() string { return "default" }

// log writes a line of the caller of its caller, and skip frames further up.
func (l *defaultLogger) log(skip int, level Level, message func() string) {
	l.mu.RLock()
	opts := l.opts
	l.mu.RUnlock()
	opts.CallerSkipCount += skip
	if opts.Level.Enabled(level) {
		l.emit(opts, newRecord(opts, level, message()))
	}
	if level == FatalLevel {
		os.Exit(1)
	}
}

func newRecord(opts Options, level Level, message string) log.Record {
	metadata := make(map[string]string, len(opts.Fields)+2)
	for key, value := range opts.Fields {
		metadata[key] = fmt.Sprint(value)
	}
	metadata["level"] = level.String()
	if _, given := metadata[fileKey]; !given {
		if _, file, line, ok := runtime.Caller(callerSkip + opts.CallerSkipCount); ok {
			metadata[fileKey] = place(file, line)
		}
	}
	return log.Record{Timestamp: time.Now(), Metadata: metadata, Message: message}
}

// place is a source line as v4 prints it: the last folder, the file and the line.
func place(file string, line int) string {
	dir, name := filepath.Split(file)
	return filepath.Base(dir) + "/" + name + ":" + strconv.Itoa(line)
}

func (l *defaultLogger) emit(opts Options, record log.Record) {
	kept, ok := opts.Context.Value(recordKey{}).(log.Log)
	if !ok {
		kept = log.DefaultLog
	}
	_ = kept.Write(record) // a logger has nowhere to say that a log refused a line

	if handler, ok := opts.Context.Value(handlerKey{}).(slog.Handler); ok {
		handle(handler, record)
		return
	}
	l.write.Lock()
	defer l.write.Unlock()
	_, _ = io.WriteString(opts.Out, oneLine(log.TextFormat(record))+"\n") // as above
}

func handle(handler slog.Handler, record log.Record) {
	level, _ := GetLevel(record.Metadata["level"]) // written by newRecord, so it parses
	ctx := context.Background()
	if !handler.Enabled(ctx, level.Slog()) {
		return
	}
	out := slog.NewRecord(record.Timestamp, level.Slog(), fmt.Sprint(record.Message), 0)
	for _, key := range slices.Sorted(maps.Keys(record.Metadata)) {
		if key != "level" {
			out.AddAttrs(slog.String(key, record.Metadata[key]))
		}
	}
	_ = handler.Handle(ctx, out) // a logger has nowhere to say that a handler failed
}

// oneLine keeps a message from forging lines of its own, and from steering the terminal that shows it: line breaks and
// other controls but the tab become visible escapes.
func oneLine(text string) string {
	text = strings.TrimRight(text, "\r\n")
	if !strings.ContainsFunc(text, steers) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		first := text[i]
		i += n
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&out, `\x%02x`, first)
		case r == utf8.RuneError, !steers(r):
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r < 0x80:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// steers reports whether a character is a control, or a byte that is no character: old terminals take 0x9b for one.
func steers(r rune) bool { return unicode.IsControl(r) && r != '\t' || r == utf8.RuneError }
