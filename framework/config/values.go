package config

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/microtop/microtop/framework/config/loader"
	"github.com/microtop/microtop/framework/config/loader/memory"
	"github.com/microtop/microtop/framework/config/reader"
	"github.com/microtop/microtop/framework/config/reader/json"
	"github.com/microtop/microtop/framework/config/source"
)

var errClosed = errors.New("config is closed: make a new one")

// config shows the values of its loader's snapshots.
type config struct {
	state atomic.Pointer[state]

	// changing is held through a whole Init, Load or Close, so that they come one after another. Readers do not need it.
	changing sync.Mutex

	mu        sync.Mutex
	opts      Options
	own       bool            // the loader was made here
	loaded    []source.Source // so that a loader of another reader can load them again
	following *follower       // nil while nothing is followed
	watchers  map[*watcher]struct{}
	closed    bool
}

// state is the values of one snapshot.
type state struct {
	version string
	values  reader.Values
}

var _ Config = (*config)(nil)

func newConfig() *config {
	r := json.NewReader()
	c := &config{
		opts: Options{Reader: r, Loader: memory.NewLoader(memory.WithReader(r)), Context: context.Background()},
		own:  true, watchers: map[*watcher]struct{}{},
	}
	empty, _ := r.Values(&source.ChangeSet{Format: "json"}) // nothing can be wrong with nothing
	c.state.Store(&state{values: empty})
	return c
}

// Options implements Config.
func (c *config) Options() Options {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opts
}

// Init implements Config.
func (c *config) Init(opts ...Option) error {
	c.changing.Lock()
	defer c.changing.Unlock()
	old := c.Options()
	o := old
	for _, set := range opts {
		set(&o)
	}
	fresh := o.Source[min(len(old.Source), len(o.Source)):]
	if o.Loader != old.Loader || o.Reader != old.Reader || o.WithWatcherDisabled != old.WithWatcherDisabled {
		again, err := c.reload(old, &o)
		if err != nil {
			return err
		}
		fresh = slices.Concat(again, fresh)
	}
	c.mu.Lock()
	c.opts = o
	c.mu.Unlock()
	if len(fresh) == 0 && o.Loader == old.Loader {
		return nil
	}
	return c.load(fresh)
}

// reload puts another loader in the place of the old one. It returns what the new one has to load again.
func (c *config) reload(old Options, o *Options) (again []source.Source, err error) {
	given := o.Loader != old.Loader
	c.unfollow()
	c.mu.Lock()
	own := c.own
	if !given && own {
		o.Loader = memory.NewLoader(withReader(*o))
		again = c.loaded
	}
	c.own, c.loaded = own && !given, nil
	c.mu.Unlock()
	if own {
		return again, old.Loader.Close()
	}
	return again, nil
}

func withReader(o Options) loader.Option {
	return func(l *loader.Options) { l.Reader, l.WithWatcherDisabled = o.Reader, o.WithWatcherDisabled }
}

// Load implements Config.
func (c *config) Load(sources ...source.Source) error {
	c.changing.Lock()
	defer c.changing.Unlock()
	return c.load(sources)
}

// load loads and follows. c.changing is held.
func (c *config) load(sources []source.Source) error {
	o := c.Options()
	c.mu.Lock()
	closed := c.closed
	c.loaded = slices.Concat(c.loaded, sources)
	c.mu.Unlock()
	if closed {
		return errClosed
	}
	failed := []error{o.Loader.Load(sources...)}
	if !o.WithWatcherDisabled {
		failed = append(failed, c.follow(o.Loader))
	}
	return errors.Join(append(failed, c.refresh())...)
}

// refresh shows the loader's snapshot, if it is newer than what is shown.
func (c *config) refresh() error {
	o := c.Options()
	snap, err := o.Loader.Snapshot()
	if err != nil {
		return fmt.Errorf("config: take a snapshot of loader %s: %w", o.Loader, err)
	}
	if !newer(snap.Version, c.state.Load().version) {
		return nil
	}
	values, err := o.Reader.Values(snap.ChangeSet)
	if err != nil {
		return err
	}
	next := &state{version: snap.Version, values: values}
	for {
		old := c.state.Load()
		if !newer(next.version, old.version) || c.state.CompareAndSwap(old, next) {
			return nil
		}
	}
}

// newer compares versions, which are decimal numbers.
func newer(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// Sync implements Config.
func (c *config) Sync() error {
	o := c.Options()
	return errors.Join(o.Loader.Sync(), c.refresh())
}

// Close implements Config.
func (c *config) Close() error {
	c.changing.Lock()
	defer c.changing.Unlock()
	c.mu.Lock()
	c.closed = true
	watchers := c.watchers
	c.watchers = map[*watcher]struct{}{}
	own, l := c.own, c.opts.Loader
	c.mu.Unlock()
	for w := range watchers {
		_ = w.watcher.Stop() // the next one has to end too
	}
	c.unfollow()
	if own {
		return l.Close()
	}
	return nil
}

// follower refreshes the config when the loader has a new snapshot.
type follower struct {
	stop chan struct{}
	done sync.WaitGroup
}

// follow starts to follow the loader, unless it is followed already. c.changing is held.
func (c *config) follow(l loader.Loader) error {
	if c.following != nil {
		return nil
	}
	w, err := l.Watch()
	if err != nil {
		return fmt.Errorf("config: watch loader %s: %w", l, err)
	}
	f := &follower{stop: make(chan struct{})}
	f.done.Go(func() { c.run(f, l, w) })
	c.following = f
	return nil
}

// unfollow ends the following and waits for its end. c.changing is held.
func (c *config) unfollow() {
	f := c.following
	if f == nil {
		return
	}
	c.following = nil
	close(f.stop)
	f.done.Wait()
}

// again is how long a broken watch is left alone.
const again = time.Second

func (c *config) run(f *follower, l loader.Loader, w loader.Watcher) {
	for w != nil {
		c.listen(f, w)
		timer := time.NewTimer(again)
		select {
		case <-f.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
		w, _ = l.Watch() // an error: the loader is closed
		_ = c.refresh()  // as in listen
	}
}

// listen refreshes until the watcher ends. It stops the watcher.
func (c *config) listen(f *follower, w loader.Watcher) {
	ended := make(chan struct{})
	var stopping sync.WaitGroup
	stopping.Go(func() {
		select {
		case <-ended:
		case <-f.stop:
		}
		_ = w.Stop() // there is nothing to do about it
	})
	defer stopping.Wait()
	defer close(ended)
	for {
		if _, err := w.Next(); err != nil {
			return
		}
		_ = c.refresh() // what the loader shows can be read, or the values stay as they are until the next change
	}
}

// The reader.Values are those of the snapshot that is shown.

// Bytes implements reader.Values.
func (c *config) Bytes() []byte { return c.state.Load().values.Bytes() }

// Get implements reader.Values.
func (c *config) Get(path ...string) reader.Value { return c.state.Load().values.Get(path...) }

// Set implements reader.Values.
func (c *config) Set(val any, path ...string) { c.state.Load().values.Set(val, path...) }

// Del implements reader.Values.
func (c *config) Del(path ...string) { c.state.Load().values.Del(path...) }

// Map implements reader.Values.
func (c *config) Map() map[string]any { return c.state.Load().values.Map() }

// Scan implements reader.Values.
func (c *config) Scan(v any) error { return c.state.Load().values.Scan(v) }
