package logger

import (
	"os"
	"runtime"
)

// writeSkip is the number of frames from runtime.Caller inside write to the caller of the function that called write.
const writeSkip = 2

// write writes a line through l, or DefaultLogger for nil, on behalf of the caller of the function that calls it: the
// line names that caller's file and line. The message is made only if the line is written.
//
// Other implementations than the default one cannot know how many of this package's frames to skip: they are given
// the place as the field "file", as Slog's lines have it.
func write(l Logger, level Level, message func() string) {
	l = LoggerOrDefault(l)
	if own, ok := l.(*front); ok {
		own.log(1, level, message)
		return
	}
	opts := l.Options()
	if !opts.Level.Enabled(level) {
		return
	}
	if _, file, line, ok := runtime.Caller(writeSkip + opts.CallerSkipCount); ok {
		l = l.Fields(map[string]any{fileKey: place(file, line)})
	}
	l.Log(level, message())
}

// finish ends the process after a fatal line that was written through l, or DefaultLogger for nil; this package's loggers
// have done so themselves.
func finish(l Logger) {
	if _, own := LoggerOrDefault(l).(*front); !own {
		os.Exit(1)
	}
}
