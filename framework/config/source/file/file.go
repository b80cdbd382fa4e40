// Package file is configuration in a file. Its extension is its format (.yml is yaml); the reader needs the encoder of formats
// other than JSON. Start with [NewSource].
//
// Watchers hear of changes at once, however they are made: written in place, replaced by a rename as editors do, or by
// another link as Kubernetes' ConfigMaps and deployments do. While the file is missing, what it said last counts.
package file

import (
	"io/fs"

	"github.com/microtop/microtop/framework/config/internal/disk"
	"github.com/microtop/microtop/framework/config/source"
)

// DefaultPath is the file of sources without WithPath, in the working directory.
var DefaultPath = "config.json"

type (
	pathKey struct{}
	fsKey   struct{}
)

// WithPath sets the path of the file.
func WithPath(p string) source.Option { return source.SetValue(pathKey{}, p) }

// WithFS reads the file from fsys in place of the host. Its changes are noticed within a second.
func WithFS(fsys fs.FS) source.Option { return source.SetValue(fsKey{}, fsys) }

// file is a disk's file that can be watched.
type file struct {
	*disk.File
}

var _ source.Source = file{}

// NewSource returns a source of one file, of 4 MiB (framework/limits) at most. A file without an extension is of the format of
// source.WithEncoder's encoder.
func NewSource(opts ...source.Option) source.Source {
	o := source.NewOptions(opts...)
	fsys := source.Value(o, fsKey{}, fs.FS(nil))
	f := disk.New(source.Value(o, pathKey{}, DefaultPath), fsys, o.Encoder.String())
	if fsys != nil {
		return f // read once a second
	}
	return file{f}
}

// Watch implements source.Source. The file need not be there yet, but its folder.
func (f file) Watch() (source.Watcher, error) { return watch(f.File) }
