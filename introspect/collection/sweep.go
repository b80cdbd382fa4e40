package collection

import (
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

const (
	// abandoned is how old a file that is being written must be to be one whose writer was killed.
	abandoned = time.Hour
	// swept is how many files of a folder are looked at.
	swept = 2 * maxCalls
)

// halves are the names of files that are being written, as half makes them. Nobody else's end so: the folder may be under
// version control, with other files in it.
var halves = regexp.MustCompile(`\.[A-Z2-7]{26}\.part$`)

// half is the name of a file while it is written. One that a killed save left is not in the way.
func half(name string) string { return name + "." + rand.Text() + ".part" }

// sweep removes what writers that were killed left in a folder. What cannot be removed is left: it is in nobody's way.
func sweep(root *os.Root, folder string) {
	dir, err := root.Open(folder)
	if err != nil {
		return
	}
	defer func() { _ = dir.Close() }() // it was only read
	entries, _ := dir.ReadDir(swept)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && stale(e, info) {
			_ = root.Remove(filepath.Join(folder, e.Name()))
		}
	}
}

func stale(e fs.DirEntry, info fs.FileInfo) bool {
	return info.Mode().IsRegular() && halves.MatchString(e.Name()) && time.Since(info.ModTime()) > abandoned
}
