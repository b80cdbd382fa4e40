// Package history keeps the calls that were made, across runs, for one user of one machine.
//
// Start with [Open], which does nothing yet, then [Store.Add] and [Store.List]. Each call is one file of mode 0600 in a
// folder of mode 0700, written whole or not at all; the oldest go when there are too many. Secrets are left out before
// anything is written, see package secret. Methods are safe for concurrent use, also by several processes.
package history

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/secret"
)

const (
	// Most is how many calls are kept.
	Most = 500
	// MostBytes is how much all of them may take.
	MostBytes = 32 << 20
	// Body is how much is kept of one request, and of one answer, in bytes; a longer one is left out.
	Body = 256 << 10
	// fileLimit is the largest file that is read.
	fileLimit = 4 * Body
)

// Record is a call that was made.
type Record struct {
	ID      string    `json:"id"`
	Time    time.Time `json:"time"`
	Service string    `json:"service,omitempty"`
	// Version, Node and Address are what the caller asked for.
	Version  string `json:"version,omitempty"`
	Node     string `json:"node,omitempty"`
	Address  string `json:"address,omitempty"`
	Endpoint string `json:"endpoint"`
	// Stream: it was one; Sent and Received are its messages.
	Stream   bool `json:"stream,omitempty"`
	Sent     int  `json:"sent,omitempty"`
	Received int  `json:"received,omitempty"`

	Metadata    map[string]string `json:"metadata,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	TimeoutMs   int64             `json:"timeoutMs,omitempty"`
	Retries     *int              `json:"retries,omitempty"`
	// Request is the body, a stream's first message; empty when it was too long or no JSON.
	Request json.RawMessage `json:"request,omitempty"`

	// Status is 200, an error's code, or 0; Error is empty where all was well.
	Status     int32           `json:"status"`
	Error      string          `json:"error,omitempty"`
	DurationMs float64         `json:"durationMs"`
	Size       int             `json:"size"`
	AnsweredBy string          `json:"answeredBy,omitempty"`
	Attempts   int             `json:"attempts,omitempty"`
	Response   json.RawMessage `json:"response,omitempty"`
	// Redacted: secrets were left out of the request, so that it cannot be sent again as it is. Cut: a body was.
	Redacted bool `json:"redacted,omitempty"`
	Cut      bool `json:"cut,omitempty"`
}

// Of is the record of a request and what came of it, without secrets. result is nil when nothing was sent.
func Of(r invoke.Request, result *invoke.Result, err error) Record {
	out := Record{
		Time: time.Now().UTC(), Service: r.Service, Version: r.Version, Node: r.Node, Address: r.Address, Endpoint: r.Endpoint,
		ContentType: r.ContentType, TimeoutMs: r.Timeout.Milliseconds(), Retries: r.Retries,
	}
	var hidden bool
	out.Metadata, out.Redacted = secret.Metadata(r.Metadata)
	out.Request, hidden = out.body(r.Body)
	out.Redacted = out.Redacted || hidden
	if result != nil {
		out.Time, out.Status, out.Size = result.Start.UTC(), result.Code(), result.Size
		out.DurationMs = float64(result.Duration.Microseconds()) / 1000
		out.AnsweredBy, out.Attempts = result.Node(), len(result.Attempts)
		out.Response, _ = out.body(result.Body)
		err = cmp.Or(err, result.Err)
	}
	if err != nil {
		out.Error = firstLine(secret.Text(err.Error(), secret.Values(r.Metadata, r.Body)...))
	}
	return out
}

// body is what is kept of a body, and whether a secret was left out.
func (r *Record) body(body []byte) (json.RawMessage, bool) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, false
	}
	if len(body) > Body {
		r.Cut = true
		return nil, false
	}
	out, hidden, ok := secret.JSON(body)
	if !ok { // its secrets cannot be found
		r.Cut = true
		return nil, false
	}
	return out, hidden
}

func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return text[:min(len(text), 4<<10)]
}

// Again is the request to make once more.
func (r Record) Again() invoke.Request {
	return invoke.Request{
		Target:   introspect.Target{Service: r.Service, Version: r.Version, Node: r.Node, Address: r.Address},
		Endpoint: r.Endpoint, Body: r.Request, Metadata: r.Metadata, ContentType: r.ContentType,
		Timeout: time.Duration(r.TimeoutMs) * time.Millisecond, Retries: r.Retries,
	}
}

// Store is a folder of records. Make it with [Open].
type Store struct{ dir string }

// Dir is the folder if nobody says otherwise: $XDG_STATE_HOME/microtop/history, else ~/.local/state/microtop/history.
func Dir() (string, error) {
	if state := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "microtop", "history"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the folder of the history: set XDG_STATE_HOME: %w", err)
	}
	return filepath.Join(home, ".local", "state", "microtop", "history"), nil
}

// Open returns the store of a folder, "" being [Dir]. The folder is made when the first call is added.
func Open(dir string) *Store { return &Store{dir: dir} }

// root opens the folder; it must be the user's own.
func (s *Store) root(create bool) (*os.Root, error) {
	dir := s.dir
	if dir == "" {
		var err error
		if dir, err = Dir(); err != nil {
			return nil, err
		}
	}
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder of the history: %w", err)
		}
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open the history: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("open the history: %s is no folder: remove it", dir)
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("open the history: others can get at %s: chmod 700 it", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the history: %w", err)
	}
	return root, nil
}

// Add keeps a record, and lets go of the oldest when there are too many.
func (s *Store) Add(r Record) error {
	root, err := s.root(true)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if r.Time.IsZero() {
		r.Time = time.Now().UTC()
	}
	r.ID = r.Time.UTC().Format("20060102T150405.000000000") + "-" + uuid.NewString()[:8]
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keep the call: %w", err)
	}
	if err := write(root, r.ID+ending, text); err != nil {
		return fmt.Errorf("keep the call: %w", err)
	}
	return prune(root)
}

const (
	ending = ".json"
	half   = ".part" // of a file that is being written
)

// write writes a new file, whole or not at all.
func write(root *os.Root, name string, text []byte) error {
	part := "." + name + half
	f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = root.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(part))
	}
	return nil
}

// names are the records' files, the newest first.
func names(root *os.Root) ([]fs.DirEntry, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	entries, err := dir.ReadDir(4 * Most)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), ending)
	})
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(b.Name(), a.Name()) })
	return entries, nil
}

// List returns the calls, the newest first. Files that are damaged are left out.
func (s *Store) List() ([]Record, error) {
	root, err := s.root(false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	entries, err := names(root)
	if err != nil {
		return nil, fmt.Errorf("read the history: %w", err)
	}
	var out []Record
	for _, e := range entries[:min(len(entries), Most)] {
		if r, err := read(root, e.Name()); err == nil {
			out = append(out, r)
		}
	}
	return out, nil
}

func read(root *os.Root, name string) (Record, error) {
	f, err := root.Open(name)
	if err != nil {
		return Record{}, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, fileLimit+1))
	if err != nil || len(text) > fileLimit {
		return Record{}, errors.Join(err, errors.New("too long"))
	}
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return Record{}, err
	}
	r.ID = strings.TrimSuffix(name, ending)
	return r, nil
}

// Remove forgets calls. Those that are gone already are no error.
func (s *Store) Remove(ids ...string) error {
	root, err := s.root(false)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, id := range ids {
		if err := root.Remove(id + ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget a call: %w", err)
		}
	}
	return nil
}
