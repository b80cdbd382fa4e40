package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
)

// protoFiles prints a service as proto files, or writes them to a folder. Several are printed one after the other, each
// after a line with its name.
func (a *app) protoFiles(ctx context.Context, found []*invoke.Description, folder string) error {
	if len(found) > 1 {
		versions := make([]string, 0, len(found))
		for _, d := range found {
			versions = append(versions, d.Version)
		}
		return usagef("%s has the versions %s: choose one with --service-version", found[0].Name, strings.Join(versions, ", "))
	}
	d := found[0]
	if len(d.Schema.Endpoints) == 0 {
		return fmt.Errorf("%s tells nothing that a proto file could have: %s", d.Name, d.Problem)
	}
	files, err := d.Schema.ProtoFiles(ctx, d.Name)
	if err != nil {
		return err
	}
	if folder != "" {
		return a.writeProtoFiles(folder, files)
	}
	for i, f := range files {
		text := f.Text
		if len(files) > 1 {
			text = fmt.Sprintf("// File %q; --out FOLDER writes each to its own.\n%s", f.Path, text)
		}
		if i > 0 {
			text = "\n" + text
		}
		if err := a.text(text); err != nil {
			return err
		}
	}
	return nil
}

// writeProtoFiles writes files below a folder, where their imports find them. A file that is there is kept.
func (a *app) writeProtoFiles(folder string, files []schema.ProtoFile) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err = writeProtoFile(root, f); err != nil {
			break
		}
		if err = a.errLine("wrote " + filepath.Join(folder, filepath.FromSlash(f.Path))); err != nil {
			break
		}
	}
	return errors.Join(err, root.Close())
}

func writeProtoFile(root *os.Root, f schema.ProtoFile) error {
	name := filepath.FromSlash(f.Path)
	if !filepath.IsLocal(name) || !strings.HasSuffix(name, ".proto") {
		return fmt.Errorf("the service calls a file %q, which cannot be written: leave --out away", f.Path)
	}
	if err := root.MkdirAll(filepath.FromSlash(path.Dir(f.Path)), 0o750); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: choose another --out folder", filepath.Join(root.Name(), name))
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(f.Text)
	return errors.Join(err, file.Close())
}
