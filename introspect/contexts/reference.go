package contexts

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// reference is {{env:NAME}} or {{file:PATH}}.
var reference = regexp.MustCompile(`\{\{\s*(env|file):([^{}]+?)\s*\}\}`)

// maxSecret is the largest file that a reference may name, in bytes.
const maxSecret = 64 << 10

// refers tells whether a text holds a reference.
func refers(text string) bool { return reference.MatchString(text) }

// checkReferences says what of a text looks like a reference and is none.
func checkReferences(text string) error {
	if strings.Contains(reference.ReplaceAllString(text, ""), "{{") {
		return errors.New("{{ begins a reference: write {{env:NAME}} or {{file:PATH}}")
	}
	return nil
}

// Resolve returns the context with its references filled in, and files as they are found from any folder: those without a
// folder of their own are in dir, the one of the file of contexts. lookup finds environment variables, as os.LookupEnv does.
func (c Context) Resolve(dir string, lookup func(string) (string, bool)) (Context, error) {
	r := resolver{dir: dir, lookup: lookup}
	for _, name := range order {
		switch at := c.fields()[name].(type) {
		case *string:
			*at = r.fill(name, *at)
		case *[]string:
			*at = slices.Clone(*at)
			for i := range *at {
				(*at)[i] = r.fill(name, (*at)[i])
			}
		case *map[string]string:
			*at = maps.Clone(*at)
			for key, value := range *at {
				(*at)[key] = r.fill(name+"."+key, value)
			}
		}
	}
	for _, file := range []*string{&c.CA, &c.Cert, &c.Key} {
		*file = r.place(*file)
	}
	for _, files := range [][]string{c.ProtoPath, c.Protoset} {
		for i := range files {
			files[i] = r.place(files[i])
		}
	}
	if len(c.Proto) > 0 && len(c.ProtoPath) == 0 { // proto files are looked for in their path
		c.ProtoPath = []string{dir}
	}
	if err := errors.Join(r.failed...); err != nil {
		return c, fmt.Errorf("context %s: %w", c.Name, err)
	}
	return c, nil
}

type resolver struct {
	dir    string
	lookup func(string) (string, bool)
	failed []error
}

func (r *resolver) fill(field, text string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		part := reference.FindStringSubmatch(found)
		value, err := r.value(part[1], part[2])
		if err != nil {
			r.failed = append(r.failed, fmt.Errorf("%s: %s: %w", field, found, err))
		}
		return value
	})
}

func (r *resolver) value(kind, name string) (string, error) {
	if kind == "file" {
		return contents(r.place(name))
	}
	value, ok := r.lookup(name)
	if !ok || value == "" {
		return "", fmt.Errorf("the environment variable %s is not set", name)
	}
	return value, nil
}

// place is where a file is, as seen from any folder.
func (r *resolver) place(name string) string {
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(name, "~/") {
		return filepath.Join(home, name[2:])
	}
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.dir, name)
}

// contents is a file's text without the line break at its end.
func contents(name string) (string, error) {
	text, err := readPlain(name, maxSecret)
	if err != nil {
		return "", err
	}
	value := strings.TrimRight(string(text), "\r\n")
	if value == "" {
		return "", errors.New("the file is empty")
	}
	return value, nil
}

// readPlain reads a plain file of at most so many bytes.
func readPlain(name string, most int) ([]byte, error) {
	info, err := os.Stat(name) // before it is opened, which waits for ever at a pipe
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is no plain file")
	}
	in, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("it is over %d bytes", most)
	}
	return text, err
}
