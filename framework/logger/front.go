package logger

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/debug/log"
)

// callerSkip is the number of frames from runtime.Caller inside newLine to the caller of the function that called log.
const callerSkip = 3

// fileKey is the field that names the source line.
const fileKey = "file"

// Line is what a logger hands to its Sink.
type Line struct {
	Time  time.Time
	Level Level
	// Fields are the line's own, with the source line as "file"; the level is not among them. The sink may keep them.
	Fields  map[string]any
	Message string
}

// Sink writes one line where the options say. It is called by many goroutines at once, never ends the process, and
// leaves out no line: the level was looked at before.
type Sink func(Line)

type (
	recordKey struct{}
	exitKey   struct{}
)

// WithLog sets which log keeps the lines for the debug service; the default is log.DefaultLog.
func WithLog(l log.Log) Option { return SetOption(recordKey{}, l) }

// WithExitFunc sets what ends the process after a fatal line; the default is os.Exit. It is called with status 1.
func WithExitFunc(exit func(int)) Option { return SetOption(exitKey{}, exit) }

// Kept returns the log that keeps the lines of l for the debug service: the one that WithLog named, or log.DefaultLog.
func Kept(l Logger) log.Log { return kept(l.Options()) }

func kept(o Options) log.Log {
	if own, ok := value(o, recordKey{}).(log.Log); ok {
		return own
	}
	return log.DefaultLog
}

func value(o Options, key any) any {
	if o.Context == nil {
		return nil
	}
	return o.Context.Value(key)
}

// New makes a logger over a library that writes lines. The logger does what is the same for all of them: levels, fields,
// the source line, the copy for the debug service, and the process's end after a fatal line. name is its String.
//
// open makes the sink for the options in force; it is called here and by each Init, whose error its own is.
func New(name string, open func(Options) (Sink, error), opts ...Option) (Logger, error) {
	level, err := GetLevel(os.Getenv("MICRO_LOG_LEVEL"))
	if err != nil {
		level = InfoLevel
	}
	f := &front{name: name, open: open, opts: Options{Level: level, Out: os.Stdout, Context: context.Background()}}
	return f, f.Init(opts...)
}

type front struct {
	name string
	open func(Options) (Sink, error)

	mu   sync.RWMutex
	opts Options
	sink Sink
}

var _ Logger = (*front)(nil)

// Init implements Logger. If the options do not fit, the logger goes on as before.
func (f *front) Init(opts ...Option) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := f.opts
	for _, set := range opts {
		set(&next)
	}
	next.Fields = maps.Clone(next.Fields)
	sink, err := f.open(next)
	if err != nil {
		return fmt.Errorf("logger %s: %w", f.name, err)
	}
	f.opts, f.sink = next, sink
	return nil
}

// Options implements Logger.
func (f *front) Options() Options {
	f.mu.RLock()
	defer f.mu.RUnlock()
	opts := f.opts
	opts.Fields = maps.Clone(f.opts.Fields)
	return opts
}

// Fields implements Logger.
func (f *front) Fields(fields map[string]any) Logger {
	f.mu.RLock()
	defer f.mu.RUnlock()
	opts := f.opts
	opts.Fields = make(map[string]any, len(f.opts.Fields)+len(fields))
	maps.Copy(opts.Fields, f.opts.Fields)
	maps.Copy(opts.Fields, fields)
	return &front{name: f.name, open: f.open, opts: opts, sink: f.sink}
}

// Log implements Logger.
func (f *front) Log(level Level, v ...any) {
	f.log(0, level, func() string { return fmt.Sprint(v...) })
}

// Logf implements Logger.
func (f *front) Logf(level Level, format string, v ...any) {
	f.log(0, level, func() string { return fmt.Sprintf(format, v...) })
}

// String implements Logger.
func (f *front) String() string { return f.name }

// log writes a line of the caller of its caller, and skip frames further up.
func (f *front) log(skip int, level Level, message func() string) {
	f.mu.RLock()
	opts, sink := f.opts, f.sink
	f.mu.RUnlock()
	opts.CallerSkipCount += skip
	if opts.Level.Enabled(level) {
		line := newLine(opts, level, message())
		_ = kept(opts).Write(line.record()) // a logger has nowhere to say that a log refused a line
		sink(line)
	}
	if level == FatalLevel {
		exit(opts)
	}
}

func exit(o Options) {
	if own, ok := value(o, exitKey{}).(func(int)); ok {
		own(1)
		return
	}
	os.Exit(1)
}

func newLine(opts Options, level Level, message string) Line {
	fields := make(map[string]any, len(opts.Fields)+1)
	maps.Copy(fields, opts.Fields)
	if _, given := fields[fileKey]; !given {
		if _, file, line, ok := runtime.Caller(callerSkip + opts.CallerSkipCount); ok {
			fields[fileKey] = place(file, line)
		}
	}
	return Line{Time: time.Now(), Level: level, Fields: fields, Message: message}
}

// record is the line as the debug service keeps it.
func (l Line) record() log.Record {
	metadata := make(map[string]string, len(l.Fields)+1)
	for key, value := range l.Fields {
		metadata[key] = fmt.Sprint(value)
	}
	metadata["level"] = l.Level.String()
	return log.Record{Timestamp: l.Time, Metadata: metadata, Message: l.Message}
}

// place is a source line as v4 prints it: the last folder, the file and the line.
func place(file string, line int) string {
	dir, name := filepath.Split(file)
	return filepath.Base(dir) + "/" + name + ":" + strconv.Itoa(line)
}
