package cli

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/tui"
)

// maxLook is how much is read of the file, in bytes.
const maxLook = 64 << 10

// lookFile is where the console keeps how its screens look: beside the history of calls. "" if there is no such place.
func lookFile() string {
	dir, err := history.Dir()
	if err != nil {
		return ""
	}
	return filepath.Join(filepath.Dir(dir), "look.json")
}

// readLook reads how screens looked. What cannot be read is nothing: it is a convenience.
func readLook(path string) tui.Look {
	f, err := os.Open(path) //nolint:gosec // the user's own file
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxLook))
	if err != nil {
		return nil
	}
	var look tui.Look
	if json.Unmarshal(data, &look) != nil {
		return nil
	}
	return look
}

// keepLook writes how screens look, for the next run. That it cannot is nothing worth an error at the end.
func keepLook(path string) func(tui.Look) {
	return func(look tui.Look) {
		data, err := json.MarshalIndent(look, "", "  ")
		if err != nil || path == "" || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
			return
		}
		next := path + ".new"
		if os.WriteFile(next, data, 0o600) == nil {
			_ = os.Rename(next, path)
		}
	}
}
