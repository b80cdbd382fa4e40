package cli

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/contexts"
	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
	viewcontexts "github.com/microtop/microtop/views/contexts"
)

// hub holds the console's connections: the one that is shown, and for a while those before and after it. Safe for
// concurrent use.
type hub struct {
	app     *app
	ctx     func() context.Context // of the console
	look    theme.Theme
	journal *tui.Journal
	file    *contexts.File

	mu    sync.Mutex
	ended bool
	open  map[*connection]bool
	names []string // of the contexts, as last read
}

// connection is a session and the fleet that is watched through it.
type connection struct {
	session *introspect.Session
	live    *fleet.Fleet
	once    sync.Once
	err     error
}

// close ends the connection and waits until it is ended; it may be called more than once.
func (c *connection) close() error {
	c.once.Do(func() {
		c.live.Close()
		c.err = c.session.Close()
	})
	return c.err
}

// newHub makes the hub of a console that ends with ctx at the latest.
func newHub(ctx context.Context, a *app, look theme.Theme, journal *tui.Journal) (*hub, error) {
	file, err := contexts.Open("")
	if err != nil {
		return nil, err
	}
	h := &hub{app: a, ctx: func() context.Context { return ctx }, look: look, journal: journal, file: file, open: map[*connection]bool{}}
	_, _ = h.read() // for the names; whoever asks for more is told of errors
	return h, nil
}

// connect opens a connection to a target, and the screens on it. What there is to say goes to by's standard error.
func (h *hub) connect(ctx context.Context, by *app, where target) (tui.Screens, error) {
	session, err := by.connect(ctx, where)
	if err != nil {
		return tui.Screens{}, err
	}
	c := &connection{session: session, live: fleet.Start(h.ctx(), session, fleet.Options{})} //nolint:contextcheck // the fleet outlives who asked for it
	h.mu.Lock()
	ended := h.ended
	if !ended {
		h.open[c] = true
	}
	h.mu.Unlock()
	if ended {
		return tui.Screens{}, errors.Join(errors.New("the console is closing"), c.close())
	}
	on := &targets{h, where}
	return tui.Screens{
		Routes: routes(h.ctx(), c, on, h.look), Start: tui.Open{Name: "services"}, //nolint:contextcheck // the screens outlive who asked for them
		Header: header(c, where, h.look), Palette: palette(c.live, on),
		Close: func() {
			if err := c.close(); err != nil {
				h.journal.Add(tui.Entry{Time: time.Now(), Level: tui.Warn, Text: safetext.Format("closing the connection to %s: %v", session.Where(), err)})
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(h.open, c)
		},
	}, nil
}

// read reads the contexts.
func (h *hub) read() (contexts.Saved, error) {
	saved, err := h.file.Read()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.names = saved.Names()
	return saved, err
}

// close ends every connection, also one that is being made.
func (h *hub) close() error {
	h.mu.Lock()
	h.ended = true
	var left []*connection
	for c := range h.open {
		left = append(left, c)
	}
	h.mu.Unlock()
	var failed []error
	for _, c := range left {
		failed = append(failed, c.close())
	}
	return errors.Join(failed...)
}

// aside writes what would be said on standard error to the journal, a line an entry.
type aside struct{ journal *tui.Journal }

// Write implements io.Writer. Each call is whole lines.
func (w aside) Write(p []byte) (int, error) {
	for _, line := range safetext.CleanBlock(strings.TrimRight(string(p), "\n")).Lines() {
		w.journal.Add(tui.Entry{Time: time.Now(), Level: tui.Warn, Text: line})
	}
	return len(p), nil
}

// targets are the contexts as one connection's screens see them.
type targets struct {
	hub   *hub
	where target
}

var _ viewcontexts.Targets = (*targets)(nil)

func (t *targets) File() *contexts.File { return t.hub.file }

func (t *targets) Read() (contexts.Saved, error) { return t.hub.read() }

func (t *targets) Names() []string {
	t.hub.mu.Lock()
	defer t.hub.mu.Unlock()
	return append([]string(nil), t.hub.names...)
}

func (t *targets) Active() string { return t.where.name }

// Start is what the flags and the environment say without a context.
func (t *targets) Start() contexts.Context {
	f := t.hub.app.flags
	return contexts.Context{
		Name: contexts.None, Registry: f.registry, RegistryAddress: f.registryAddress, Broker: f.broker, BrokerAddress: f.brokerAddress,
		TLS: f.tls.on || f.tls.ca != "" || f.tls.cert != "", Insecure: f.tls.insecure, Timeout: f.timeout.String(), ReadOnly: f.readOnly,
	}
}

func (t *targets) Open(ctx context.Context, name string) (tui.Screens, error) {
	quiet := *t.hub.app
	quiet.err = aside{t.hub.journal} // on standard error it would be over the screen
	where, err := quiet.switched(name)
	if err != nil {
		return tui.Screens{}, err
	}
	return t.hub.connect(ctx, &quiet, where)
}
