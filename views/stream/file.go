package stream

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/pager"
	"github.com/microtop/microtop/tui/safetext"
)

// lineLimit is the longest line of a file that is sent, in bytes.
const lineLimit = 16 << 20

// askFile asks for a file whose lines are sent, one message each.
func (s *screen) askFile() tea.Cmd {
	return tui.Do(tui.Prompt{Title: safetext.Literal("send each line of which file? (NDJSON)"), Done: func(path string) tea.Cmd {
		path = strings.TrimSpace(path)
		if path == "" {
			return nil
		}
		if rest, ok := strings.CutPrefix(path, "~/"); ok {
			if home, err := os.UserHomeDir(); err == nil {
				path = filepath.Join(home, rest)
			}
		}
		if s.state != open {
			return tui.Say(tui.Warn, safetext.Literal("the stream is not open any more"))
		}
		return s.do(op{file: path})
	}})
}

func (s *screen) cannotSendFile() string {
	if s.state != open {
		return "open the stream first: ctrl+s"
	}
	return s.cannotSend()
}

// sendFile sends the lines of a file that are not blank. It runs beside the program; the end of the stream ends it.
func sendFile(t *talk, path string) error {
	f, err := os.Open(path) //nolint:gosec // the path the user typed
	var why *os.PathError
	if errors.As(err, &why) {
		return why.Err // the user knows the path
	}
	if err != nil {
		return fmt.Errorf("send a file: %w", err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, fmt.Errorf("send a file: %s is no plain file", path))
	}
	t.lines.Store(0)
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 64<<10), lineLimit)
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := t.conn.Send(bytes.Clone(line)); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		t.lines.Add(1)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("send a file: %w", err)
	}
	return nil
}

// fileSent notes how sending a file went.
func (s *screen) fileSent(t *talk, path string, err error) {
	n := t.lines.Swap(0)
	t.sent += int(n)
	said := safetext.Format("sent %d lines of %s", n, filepath.Base(path))
	if err != nil {
		s.log.mark(pager.Bad, safetext.Format("%s %s, then: %s", s.pens.Glyphs.Cross, said, err))
		return
	}
	s.log.mark(pager.Rule, said)
}

// count changes between showing what comes and only counting it.
func (s *screen) count() tea.Cmd {
	s.counting = !s.counting
	if s.talk != nil {
		s.talk.counting.Store(s.counting)
	}
	text := safetext.Literal("messages are shown again")
	if s.counting {
		text = safetext.Literal("from here on messages are only counted")
	}
	s.log.mark(pager.Rule, text)
	return nil
}
