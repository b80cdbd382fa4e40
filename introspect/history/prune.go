package history

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// abandoned is how old a file that is being written must be to be one whose writer was killed.
const abandoned = time.Hour

// prune removes what is over the bounds, and what writers that were killed left. What another process removed meanwhile
// is gone all the same.
func prune(root *os.Root) error {
	entries, err := names(root)
	if err != nil {
		return fmt.Errorf("tidy the history: %w", err)
	}
	total := int64(0)
	for i, e := range entries {
		if info, err := e.Info(); err == nil {
			total += info.Size()
		}
		if i < Most && total <= MostBytes {
			continue
		}
		if err := remove(root, e.Name()); err != nil {
			return err
		}
	}
	return sweep(root)
}

// sweep removes the halves of files whose writers were killed.
func sweep(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("tidy the history: %w", err)
	}
	defer func() { _ = dir.Close() }() // it was only read
	entries, err := dir.ReadDir(4 * Most)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("tidy the history: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), ".") || !strings.HasSuffix(e.Name(), ending+half) {
			continue
		}
		if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < abandoned {
			continue // somebody is writing it, or it is gone
		}
		if err := remove(root, e.Name()); err != nil {
			return err
		}
	}
	return nil
}

func remove(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("tidy the history: %w", err)
	}
	return nil
}
