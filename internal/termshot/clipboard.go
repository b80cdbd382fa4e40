package termshot

import (
	"bytes"
	"encoding/base64"
)

// clipboardOSC is the number of the sequence by which programs set the clipboard.
const clipboardOSC = 52

// Clipboard is what the program last put on the terminal's clipboard, "" before.
func (s *Session) Clipboard() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clipboard
}

// copied takes `52;c;BASE64`, under the lock of the write it is part of. What it cannot read leaves the clipboard as it was.
func (s *Session) copied(data []byte) bool {
	parts := bytes.SplitN(data, []byte(";"), 3)
	if len(parts) != 3 {
		return false
	}
	text, err := base64.StdEncoding.DecodeString(string(parts[2]))
	if err != nil {
		return false
	}
	s.clipboard = string(text)
	return true
}
