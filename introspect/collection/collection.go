// Package collection keeps calls as plain files, to be shared and put under version control: one JSON file a call in a
// folder, with variables that an environment fills in.
//
// Start with [Open], then [Folder.List], [Folder.Read] and [Folder.Save]; [Call.Request] fills the variables in. In every text,
// {{name}} is a variable and {{env:NAME}} comes from the process's environment, which is where secrets belong:
// [FromRequest] puts such a reference in the place of each secret, and [Call.Lends] says which of them go to an address that
// the call chose. [Line] and [Parse] write and read a call as a command.
package collection

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/nearest"
	"github.com/microtop/microtop/introspect/secret"
)

const (
	// maxFile is the largest file that is read, in bytes.
	maxFile = 4 << 20
	// maxCalls is how many calls a folder may have.
	maxCalls = 5000
	ending   = ".json"
	// environments is the sub-folder of the environments.
	environments = "environments"
)

// Call is a saved call.
type Call struct {
	Doc         string            `json:"doc,omitempty"`
	Service     string            `json:"service,omitempty"`
	Endpoint    string            `json:"endpoint"`
	Version     string            `json:"version,omitempty"`
	Node        string            `json:"node,omitempty"`
	Address     string            `json:"address,omitempty"`
	Body        json.RawMessage   `json:"body,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	Timeout     string            `json:"timeout,omitempty"`
	Retries     *int              `json:"retries,omitempty"`
	TLS         *TLS              `json:"tls,omitempty"`
}

// FromRequest is the call that makes a request. In the place of each secret there is a reference to an environment
// variable; secrets names those that are needed.
func FromRequest(r invoke.Request) (c Call, secrets []string, err error) {
	c = Call{Service: r.Service, Endpoint: r.Endpoint, Version: r.Version, Node: r.Node, Address: r.Address, ContentType: r.ContentType, Retries: r.Retries}
	if r.Timeout > 0 {
		c.Timeout = r.Timeout.String()
	}
	needed := map[string]bool{}
	reference := func(name string) string {
		name = variable(name)
		needed[name] = true
		return "{{env:" + name + "}}"
	}
	if len(r.Body) > 0 {
		body, _, ok := secret.Replace(r.Body, reference)
		if !ok {
			return Call{}, nil, errors.New("the body is not JSON: only calls with a JSON body can be saved")
		}
		c.Body = body
	}
	for key, value := range r.Metadata {
		if c.Metadata == nil {
			c.Metadata = map[string]string{}
		}
		if secret.Named(key) && !strings.HasPrefix(value, "{{") {
			value = reference(key)
		}
		c.Metadata[key] = value
	}
	return c, slices.Sorted(maps.Keys(needed)), nil
}

// variable is a name as environment variables are called.
func variable(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, name)
}

// Request is the call with its variables filled in. lookup finds environment variables, as os.LookupEnv does.
func (c Call) Request(vars map[string]string, lookup func(string) (string, bool)) (invoke.Request, error) {
	return c.request(&filler{find: func(name string) (string, bool) {
		if env, is := strings.CutPrefix(name, "env:"); is {
			return lookup(env)
		}
		value, ok := vars[name]
		return value, ok
	}})
}

// Raw is the call with its variables left as they are written.
func (c Call) Raw() (invoke.Request, error) {
	return c.request(&filler{find: func(name string) (string, bool) { return "{{" + name + "}}", true }})
}

func (c Call) request(f *filler) (invoke.Request, error) {
	r := invoke.Request{
		Target:   introspect.Target{Service: f.fill(c.Service), Version: f.fill(c.Version), Node: f.fill(c.Node), Address: f.fill(c.Address)},
		Endpoint: f.fill(c.Endpoint), ContentType: f.fill(c.ContentType), Retries: c.Retries, Metadata: map[string]string{},
	}
	for key, value := range c.Metadata {
		r.Metadata[key] = f.fill(value)
	}
	if len(c.Body) > 0 {
		r.Body = []byte(f.with(string(c.Body), jsonText))
	}
	if c.Timeout != "" {
		d, err := time.ParseDuration(f.fill(c.Timeout))
		if err != nil || d <= 0 {
			return r, fmt.Errorf("timeout %q: write a time such as 500ms or 5s", c.Timeout)
		}
		r.Timeout = d
	}
	if len(f.missing) > 0 {
		slices.Sort(f.missing)
		return r, &MissingError{Names: slices.Compact(f.missing)}
	}
	if r.Endpoint == "" || r.Service == "" && r.Address == "" {
		return r, errors.New("the saved call names no service or no endpoint")
	}
	return r, nil
}

// jsonText is a value as it stands within a JSON string.
func jsonText(value string) string {
	text, _ := json.Marshal(value) // a string always marshals
	return string(text[1 : len(text)-1])
}

// MissingError names variables that nobody gave a value.
type MissingError struct{ Names []string }

// Error implements error.
func (e *MissingError) Error() string {
	return fmt.Sprintf("no value for {{%s}}: give it with --var name=value or in an environment; env: names are environment variables", strings.Join(e.Names, "}}, {{"))
}

// filler puts values in the place of variables.
type filler struct {
	find    func(name string) (string, bool)
	missing []string
}

func (f *filler) fill(text string) string {
	return f.with(text, func(value string) string { return value })
}

func (f *filler) with(text string, escape func(string) string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{{")
		name, after, closed := strings.Cut(rest, "}}")
		if !ok || !closed || !isName(strings.TrimSpace(name)) {
			if ok { // "{{" that begins no variable, as in {"a":{{}}}
				out.WriteString(before + "{{")
				text = rest
				continue
			}
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(before)
		out.WriteString(escape(f.value(strings.TrimSpace(name))))
		text = after
	}
}

func (f *filler) value(name string) string {
	value, ok := f.find(name)
	if !ok {
		f.missing = append(f.missing, name)
	}
	return value
}

// isName tells variables from JSON that has braces beside each other.
func isName(name string) bool {
	part := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-.:", r)
	}
	return name != "" && strings.TrimLeftFunc(name, part) == ""
}

// Folder is a folder of calls. Make it with [Open].
type Folder struct{ dir string }

// Dir is the folder if nobody says otherwise: $MICROTOP_CALLS, else $XDG_CONFIG_HOME/microtop/calls, else
// ~/.config/microtop/calls.
func Dir() (string, error) {
	if dir := os.Getenv("MICROTOP_CALLS"); dir != "" {
		return dir, nil
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find the folder of saved calls: set MICROTOP_CALLS: %w", err)
	}
	return filepath.Join(config, "microtop", "calls"), nil
}

// Open returns the folder, "" being [Dir]. It is made when the first call is saved.
func Open(dir string) *Folder { return &Folder{dir: dir} }

func (f *Folder) root() (*os.Root, string, error) {
	dir := f.dir
	if dir == "" {
		var err error
		if dir, err = Dir(); err != nil {
			return nil, "", err
		}
	}
	root, err := os.OpenRoot(dir)
	return root, dir, err
}

// List returns the calls' names in order: the path below the folder without ".json".
func (f *Folder) List() ([]string, error) {
	root, dir, err := f.root()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("saved calls: %w", err)
	}
	defer func() { _ = root.Close() }()
	var names []string
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && (name == environments || strings.HasPrefix(e.Name(), ".")):
			return fs.SkipDir
		case e.Type().IsRegular() && strings.HasSuffix(name, ending):
			if names = append(names, strings.TrimSuffix(name, ending)); len(names) > maxCalls {
				return fmt.Errorf("more than %d calls", maxCalls)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("saved calls in %s: %w", dir, err)
	}
	slices.Sort(names)
	return names, nil
}

// Read returns a call by its name.
func (f *Folder) Read(name string) (Call, error) {
	var c Call
	err := f.read(name+ending, &c)
	if errors.Is(err, fs.ErrNotExist) {
		return c, f.unknown(name)
	}
	if err != nil {
		return c, fmt.Errorf("saved call %s: %w", name, err)
	}
	return c, nil
}

func (f *Folder) unknown(name string) error {
	names, err := f.List()
	if err != nil {
		return err
	}
	_, dir, _ := f.root()
	text := fmt.Sprintf("no saved call %q in %s", name, dir)
	if near := nearest.Names(name, names); len(near) > 0 {
		text += ": did you mean " + strings.Join(near, " or ") + "?"
	} else if len(names) == 0 {
		text += ": there is none yet; s in the composer saves one"
	}
	return errors.New(text)
}

func (f *Folder) read(file string, into any) error {
	root, _, err := f.root()
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	file = filepath.FromSlash(file)
	if info, err := root.Stat(file); err != nil { // before it is opened, which waits for ever at a pipe
		return err
	} else if !info.Mode().IsRegular() {
		return errors.New("it is no plain file")
	}
	in, err := root.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return err
	}
	if len(text) > maxFile {
		return fmt.Errorf("it is over %d bytes", maxFile)
	}
	return json.Unmarshal(text, into)
}

// Save writes a call, whole or not at all. One of that name is replaced only if replace says so.
func (f *Folder) Save(name string, c Call, replace bool) error {
	clean := path.Clean(name)
	if clean != name || !filepath.IsLocal(filepath.FromSlash(name)) || name == "." || strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, environments+"/") {
		return fmt.Errorf("saved call %q: name it with letters, such as shop/get-kettle", name)
	}
	root, dir, err := f.root()
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the folder of saved calls: %w", err)
		}
		root, _, err = f.root()
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	defer func() { _ = root.Close() }()
	if err := write(root, filepath.FromSlash(name), c, replace); err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	return nil
}

func write(root *os.Root, name string, c Call, replace bool) error {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	if _, err := root.Lstat(name + ending); err == nil && !replace {
		return errors.New("there is one of that name already")
	}
	sweep(root, filepath.Dir(name))
	part := half(name)
	f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Close())
	if err == nil {
		err = root.Rename(part, name+ending)
	}
	if err != nil {
		return errors.Join(err, root.Remove(part))
	}
	return nil
}
