package show

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
)

// Save asks for a path and writes a new file there, for its owner only: a file that exists
// is left alone. write runs beside the program and must work on what does not change. The
// proposed name is what, the time and ext.
func Save(scope tui.Scope, what, ext string, write func(io.Writer) error) tea.Cmd {
	initial := what + "-" + time.Now().Format("20060102-150405") + ext
	return tui.Do(tui.Prompt{Title: safetext.Format("save %s to a new file", what), Initial: initial, Done: func(path string) tea.Cmd {
		if strings.TrimSpace(path) == "" {
			return nil
		}
		return scope.Cmd(func(context.Context) tea.Msg {
			size, err := saveFile(path, write)
			if err != nil {
				return tui.Toast{Level: tui.Bad, Text: safetext.Clean(err.Error())}
			}
			return tui.Toast{Level: tui.Good, Text: safetext.Format("saved %s, %s", path, Bytes(uint64(size)))} //nolint:gosec // not negative
		})
	}})
}

// saveFile writes a new file, whole or not at all.
func saveFile(path string, write func(io.Writer) error) (size int64, err error) {
	path = strings.TrimSpace(path)
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return 0, fmt.Errorf("save %s: %w", path, err)
		}
		path = filepath.Join(home, rest)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the path the user typed
	if errors.Is(err, os.ErrExist) {
		return 0, fmt.Errorf("save: %s exists: name another file", path)
	}
	if err != nil {
		return 0, fmt.Errorf("save: %w", err)
	}
	out := bufio.NewWriter(f)
	if err = write(out); err == nil {
		err = out.Flush()
	}
	if info, statErr := f.Stat(); statErr == nil {
		size = info.Size()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("save %s: %w", path, err), os.Remove(path))
	}
	return size, nil
}
