package file

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/microtop/microtop/framework/store"
)

// ErrInUse says that another store, in this process or another one, has the table's file open.
var ErrInUse = errors.New("the table is in use by another store: close that one, or give this one another directory, database or table")

// patience is how long a table's file is waited for.
const patience = time.Second

var bucket = []byte("data")

// table is one file. It is opened once; the zero of its fields below mu is a closed one.
type table struct {
	dir, file string

	mu sync.Mutex // for opening and closing only
	db *bbolt.DB

	queue queue
	swept sweeper
}

// open opens the file if it is not open. It returns false if there is none and create is false.
func (t *table) open(create bool) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.db != nil {
		return true, nil
	}
	fresh := missing(t.file)
	if fresh && !create {
		return false, nil
	}
	if err := prepare(t.dir, t.file); err != nil {
		return false, err
	}
	db, err := bbolt.Open(t.file, 0o600, &bbolt.Options{Timeout: patience})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return false, fmt.Errorf("%s: %w", t.file, ErrInUse)
	case err != nil:
		return false, fmt.Errorf("open %s: %w", t.file, err)
	}
	if fresh {
		if err := syncDirs(filepath.Dir(t.file), t.dir, filepath.Dir(t.dir)); err != nil {
			return false, errors.Join(err, db.Close())
		}
	}
	t.db = db
	return true, nil
}

func (t *table) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.db == nil {
		return nil
	}
	err := t.db.Close()
	t.db = nil
	return err
}

// read returns the live records that q asks for.
func (t *table) read(q store.Query, now time.Time) ([]*store.Record, error) {
	records := []*store.Record{}
	err := t.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		if b == nil {
			return nil
		}
		add := func(key, data []byte) error {
			record, alive, err := decode(string(key), data, now)
			if alive {
				records = append(records, record)
			}
			return err
		}
		if q.Many {
			return each(b, q, now, add)
		}
		if data := b.Get([]byte(q.Key)); data != nil {
			return add([]byte(q.Key), data)
		}
		return nil
	})
	return records, err
}

// list returns the keys that q asks for.
func (t *table) list(q store.Query, now time.Time) ([]string, error) {
	keys := []string{}
	err := t.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		if b == nil {
			return nil
		}
		return each(b, q, now, func(key, _ []byte) error {
			keys = append(keys, string(key))
			return nil
		})
	})
	return keys, err
}

// each visits the live records of q in the order of their keys, which is the bucket's, and stops at q's limit.
func each(b *bbolt.Bucket, q store.Query, now time.Time, visit func(key, data []byte) error) error {
	prefix, skip, left := []byte(q.Prefix), q.Offset, q.Limit
	cursor := b.Cursor()
	for key, data := cursor.Seek(prefix); key != nil && bytes.HasPrefix(key, prefix); key, data = cursor.Next() {
		if !q.Match(string(key)) {
			continue
		}
		gone, err := over(string(key), data, now)
		if err != nil {
			return err
		}
		if gone {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if err := visit(key, data); err != nil {
			return err
		}
		if left--; q.Limit > 0 && left == 0 {
			return nil
		}
	}
	return nil
}
