package collection

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Environment returns the variables of an environment, a JSON object of texts in environments/NAME.json. The name ""
// is "default", which need not be there.
func (f *Folder) Environment(name string) (map[string]string, error) {
	vars := map[string]string{}
	file := name
	if file == "" {
		file = "default"
	}
	err := f.read(path.Join(environments, file+ending), &vars)
	if errors.Is(err, fs.ErrNotExist) && name == "" {
		return vars, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.unknownEnvironment(name)
	}
	if err != nil {
		return nil, fmt.Errorf("environment %s: %w", file, err)
	}
	return vars, nil
}

// Environments returns the names of the environments in order.
func (f *Folder) Environments() ([]string, error) {
	root, dir, err := f.root()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("environments: %w", err)
	}
	defer func() { _ = root.Close() }() // it was only read
	entries, err := fs.ReadDir(root.FS(), environments)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("environments in %s: %w", dir, err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ending); ok && e.Type().IsRegular() && len(names) < maxCalls {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (f *Folder) unknownEnvironment(name string) error {
	names, err := f.Environments()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("no environment %q: write one to %s in the folder of saved calls", name, path.Join(environments, name+ending))
	}
	return fmt.Errorf("no environment %q: there is %s", name, strings.Join(names, ", "))
}
