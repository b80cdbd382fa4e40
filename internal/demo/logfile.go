package demo

import (
	"fmt"
	"os"
	"sync"
)

// logFileBytes bounds a node's log file.
const logFileBytes = 1 << 20

// logFile is a file that drops its older half when it is full.
type logFile struct {
	mu   sync.Mutex
	file *os.File
	size int64
	most int64
}

// createLog makes the file, or starts over with it.
func createLog(name string, most int64) (*logFile, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the caller's own folder
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	return &logFile{file: file, most: most}, nil
}

// Write implements io.Writer.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size+int64(len(p)) > l.most {
		if err := l.halve(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.WriteAt(p, l.size)
	l.size += int64(n)
	return n, err
}

// halve keeps the newer half. Called under the lock.
func (l *logFile) halve() error {
	kept := make([]byte, min(l.size, l.most/2))
	if _, err := l.file.ReadAt(kept, l.size-int64(len(kept))); err != nil {
		return fmt.Errorf("shorten log: %w", err)
	}
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("shorten log: %w", err)
	}
	n, err := l.file.WriteAt(kept, 0)
	l.size = int64(n)
	return err
}

// Close closes the file.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
