package tui

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui/guard"
)

// maxEdited is the longest text an editor may hand back, in bytes.
const maxEdited = 16 << 20

// editing says that the file for the editor is there.
type editing struct {
	dir, file string
	done      func(string, error) tea.Cmd
}

// edited brings the text back.
type edited struct {
	text string
	err  error
	done func(string, error) tea.Cmd
}

// edit writes the text to a private file; the editor follows when it is there.
func (s *Shell) edit(from int, e Edit) tea.Cmd {
	return s.own(from, func() tea.Msg {
		dir, err := os.MkdirTemp("", "edit-") // mode 0700
		if err != nil {
			return edited{"", fmt.Errorf("make a folder for the editor: %w", err), e.Done}
		}
		file := filepath.Join(dir, "text"+filepath.Base("x" + e.Ext)[1:])
		if err := os.WriteFile(file, []byte(e.Text), 0o600); err != nil {
			_ = os.RemoveAll(dir)
			return edited{"", fmt.Errorf("write the editor's file: %w", err), e.Done}
		}
		return editing{dir: dir, file: file, done: e.Done}
	})
}

// startEditor hands the terminal to the editor, and reads the text after it.
func (s *Shell) startEditor(from int, e editing) tea.Cmd {
	words := strings.Fields(s.editor())
	//nolint:gosec // the user's own editor, as the environment names it
	command := exec.CommandContext(context.Background(), words[0], append(words[1:], e.file)...)
	return Do(guard.Exec{Command: command, Done: func(err error) tea.Msg {
		defer func() { _ = os.RemoveAll(e.dir) }()
		if err != nil {
			return addressed{from, edited{"", fmt.Errorf("%s: %w (set EDITOR to another)", filepath.Base(words[0]), err), e.done}}
		}
		text, err := read(e.file)
		return addressed{from, edited{text, err, e.done}}
	}})
}

func read(file string) (string, error) {
	info, err := os.Stat(file)
	if err == nil && info.Size() > maxEdited {
		return "", fmt.Errorf("the text has %d bytes, at most %d are taken", info.Size(), maxEdited)
	}
	text, err := os.ReadFile(file) //nolint:gosec // the file made for the editor
	if err != nil {
		return "", fmt.Errorf("read what the editor saved: %w", err)
	}
	return string(text), nil
}

// editor is the user's editor: VISUAL, EDITOR, or vi.
func (s *Shell) editor() string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if v := s.cfg.getenv(name); strings.TrimSpace(v) != "" {
			return v
		}
	}
	return "vi"
}
