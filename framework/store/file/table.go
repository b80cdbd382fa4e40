package file

import (
	"bytes"
	"errors"
	"fmt"
	"os"
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

	mu     sync.Mutex // for opening, closing and giving up only
	db     *bbolt.DB
	broken error // why the file was given up: bbolt may hold its locks for ever

	queue queue
	swept sweeper
}

// open opens the file if it is not open. It returns false if there is none and create is false.
func (t *table) open(create bool) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.db != nil || t.broken != nil {
		return true, t.broken
	}
	fresh := missing(t.file)
	if fresh && !create {
		return false, nil
	}
	if err := prepare(t.dir, t.file); err != nil {
		return false, err
	}
	db, err := t.load()
	if err != nil {
		return false, err
	}
	if fresh {
		if err := syncDirs(filepath.Dir(t.file), t.dir, filepath.Dir(t.dir)); err != nil {
			return false, errors.Join(err, db.Close())
		}
	}
	t.db = db
	return true, nil
}

// load opens the file and looks at whether all of it is there.
func (t *table) load() (*bbolt.DB, error) {
	var db *bbolt.DB
	err := guard(func() (err error) {
		if db, err = bbolt.Open(t.file, 0o600, &bbolt.Options{Timeout: patience}); err != nil {
			return err
		}
		return db.View(func(tx *bbolt.Tx) error { return whole(t.file, tx.Size()) })
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%s: %w", t.file, ErrInUse)
	case err == nil:
		return db, nil
	case db == nil && errors.Is(err, ErrDamaged): // bbolt keeps the file open, and locked
		t.broken = fmt.Errorf("open %s: %w", t.file, err)
		return nil, t.broken
	case db != nil:
		err = errors.Join(err, db.Close())
	}
	return nil, fmt.Errorf("open %s: %w", t.file, err)
}

// whole looks at whether a file has the bytes that it says are in use.
func whole(file string, used int64) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Size() < used {
		return fmt.Errorf("%w (%d bytes of %d are there)", ErrDamaged, info.Size(), used)
	}
	return nil
}

// giveUp ends the use of a file that bbolt could not write.
func (t *table) giveUp(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.broken = fmt.Errorf("%s: %w", t.file, err)
}

func (t *table) givenUp() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broken
}

func (t *table) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.db == nil || t.broken != nil {
		return nil
	}
	err := t.db.Close()
	t.db = nil
	return err
}

// view reads the bucket, if there is one.
func (t *table) view(fn func(*bbolt.Bucket) error) error {
	return guard(func() error {
		return t.db.View(func(tx *bbolt.Tx) error {
			if b := tx.Bucket(bucket); b != nil {
				return fn(b)
			}
			return nil
		})
	})
}

// read returns the live records that q asks for.
func (t *table) read(q store.Query, now time.Time) ([]*store.Record, error) {
	records := []*store.Record{}
	err := t.view(func(b *bbolt.Bucket) error {
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
	err := t.view(func(b *bbolt.Bucket) error {
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
