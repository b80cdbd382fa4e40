package file

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
)

const (
	suffix = ".json"
	draft  = ".draft-" // start of the names under which files are written
)

// fileName is the name of a node's file: the service for people, a hash of service, version and id for uniqueness.
func fileName(service, version, id string) string {
	readable := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, service)
	readable = strings.TrimLeft(readable[:min(len(readable), 64)], ".")
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %d %s %s", len(service), service, len(version), version, id))
	return readable + "-" + hex.EncodeToString(sum[:16]) + suffix
}

// write puts a record under its name, whole or not at all, with the given modification time.
func write(root *os.Root, name string, record []byte, stamp time.Time) error {
	temporary := draft + rand.Text()
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create the record: %w", err)
	}
	_, err = f.Write(record)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = root.Chtimes(temporary, stamp, stamp)
	}
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		_ = root.Remove(temporary) // the error that counts is the first
		return fmt.Errorf("write the record: %w", err)
	}
	return nil
}

// read reads one file as a record: a regular file, not too big, of one node, under the name that is this node's.
func read(root *os.Root, name string, l limits.Limits) (*registry.Service, error) {
	f, err := root.OpenFile(name, openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file: %w", name, fs.ErrInvalid)
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(l.RecordBytes)+1))
	if err != nil {
		return nil, err
	}
	s, err := registry.DecodeService(data, l)
	if err != nil {
		return nil, err
	}
	if len(s.Nodes) != 1 || fileName(s.Name, s.Version, s.Nodes[0].Id) != name {
		return nil, fmt.Errorf("%s is not the file of the node it holds: %w", name, fs.ErrInvalid)
	}
	return s, nil
}
