package file

import (
	"fmt"
	"sync"
	"time"

	"github.com/microtop/microtop/framework/store"
)

// NewStore returns a store on disk. It opens nothing before it is used; close it to let its files go.
func NewStore(opts ...store.Option) store.Store {
	defaults := []store.Option{store.Database(DefaultDatabase), store.Table(DefaultTable)}
	return &disk{opts: store.NewOptions(append(defaults, opts...)...), tables: map[string]*table{}}
}

type disk struct {
	mu      sync.Mutex
	opts    store.Options
	tables  map[string]*table // by path
	closed  bool
	calls   sync.WaitGroup // counted in under mu while not closed
	closing sync.Once
	ended   error // what Close returned
}

var _ store.Store = (*disk)(nil)

// Init implements store.Store. A new directory holds for the calls that follow; files of the old one stay open until Close.
func (d *disk) Init(opts ...store.Option) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, set := range opts {
		set(&d.opts)
	}
	return nil
}

// Options implements store.Store.
func (d *disk) Options() store.Options {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.opts
}

// enter counts a call in; Close waits until it is counted out with d.calls.Done.
func (d *disk) enter() (store.Options, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return store.Options{}, store.ErrClosed
	}
	d.calls.Add(1)
	return d.opts, nil
}

// table returns the table of a place, and opens its file if it must. A file that is not there is made only if create says
// so; else the table is nil.
func (d *disk) table(o store.Options, p store.Place, create bool) (*table, error) {
	dir := dirOf(o)
	file, err := path(dir, p)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	t := d.tables[file]
	if t == nil && (create || !missing(file)) {
		t = &table{dir: dir, file: file}
		d.tables[file] = t
	}
	d.mu.Unlock()
	if t == nil {
		return nil, nil
	}
	open, err := t.open(create)
	if err != nil || !open {
		return nil, err
	}
	return t, nil
}

// Read implements store.Store.
func (d *disk) Read(key string, opts ...store.ReadOption) ([]*store.Record, error) {
	o, err := d.enter()
	if err != nil {
		return nil, fmt.Errorf("store file: read %s: %w", key, err)
	}
	defer d.calls.Done()
	q := o.ReadQuery(key, opts...)
	records := []*store.Record{}
	t, err := d.table(o, q.Place, false)
	if err == nil && t != nil {
		records, err = t.read(q, time.Now())
	}
	if err != nil {
		return nil, fmt.Errorf("store file: read %s: %w", key, err)
	}
	if !q.Many && len(records) == 0 {
		return nil, store.ErrNotFound
	}
	return records, nil
}

// List implements store.Store.
func (d *disk) List(opts ...store.ListOption) ([]string, error) {
	o, err := d.enter()
	if err != nil {
		return nil, fmt.Errorf("store file: list: %w", err)
	}
	defer d.calls.Done()
	q := o.ListQuery(opts...)
	keys := []string{}
	t, err := d.table(o, q.Place, false)
	if err == nil && t != nil {
		keys, err = t.list(q, time.Now())
	}
	if err != nil {
		return nil, fmt.Errorf("store file: list: %w", err)
	}
	return keys, nil
}

// Write implements store.Store. The record is on the disk when it returns nil.
func (d *disk) Write(r *store.Record, opts ...store.WriteOption) error {
	o, err := d.enter()
	if err != nil {
		return fmt.Errorf("store file: write: %w", err)
	}
	defer d.calls.Done()
	now := time.Now()
	place, deadline, err := o.WriteDeadline(r, now, opts...)
	if err != nil {
		return fmt.Errorf("store file: write: %w", err)
	}
	c := change{key: r.Key}
	if !(ending{deadline}).over(now) {
		if c.data, err = encode(r, deadline); err != nil {
			return fmt.Errorf("store file: write: %w", err)
		}
	}
	t, err := d.table(o, place, c.data != nil)
	if err == nil && t != nil {
		err = t.commit(c)
	}
	if err != nil {
		return fmt.Errorf("store file: write %s: %w", r.Key, err)
	}
	return nil
}

// Delete implements store.Store.
func (d *disk) Delete(key string, opts ...store.DeleteOption) error {
	o, err := d.enter()
	if err != nil {
		return fmt.Errorf("store file: delete %s: %w", key, err)
	}
	defer d.calls.Done()
	t, err := d.table(o, o.DeletePlace(opts...), false)
	if err == nil && t != nil && key != "" {
		err = t.commit(change{key: key})
	}
	if err != nil {
		return fmt.Errorf("store file: delete %s: %w", key, err)
	}
	return nil
}

// Close implements store.Store. It waits for calls that run.
func (d *disk) Close() error {
	d.closing.Do(func() {
		d.mu.Lock()
		d.closed = true
		d.mu.Unlock()
		d.calls.Wait()
		for _, t := range d.tables {
			if err := t.close(); err != nil && d.ended == nil {
				d.ended = fmt.Errorf("store file: close %s: %w", t.file, err)
			}
		}
	})
	return d.ended
}

// String returns "file".
func (d *disk) String() string { return "file" }
