package profiling

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/google/pprof/driver"
	"github.com/google/pprof/profile"
)

// webHeader bounds how long a browser may take to send the head of a request.
const webHeader = 5 * time.Second

// webPages are the pages of pprof's that are served. Those that read source files or programs which the profile names,
// and those that write settings, are not.
var webPages = []string{"/", "/flamegraph", "/flamegraph2", "/graph", "/top", "/peek", "/download"}

// Web serves pprof's own web pages of a profile to this host until ctx ends. ready hears their address. port 0 is any that
// is free. pprof keeps its view in variables of its package: one call at a time. The graph needs graphviz.
func Web(ctx context.Context, p *Profile, port int, ready func(url string)) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)).String()) //nolint:gosec // a port
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }() // the server has done so, unless pprof failed before
	err = driver.PProf(&driver.Options{
		Flagset: webFlags{}, Fetch: webSource{p}, Sym: unsymbolized{}, Obj: noObjects{}, UI: silent{},
		HTTPServer: func(args *driver.HTTPServerArgs) error {
			ready("http://" + l.Addr().String() + "/flamegraph")
			return serveWeb(ctx, l, args.Handlers)
		},
	})
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func serveWeb(ctx context.Context, l net.Listener, handlers map[string]http.Handler) error {
	mux := http.NewServeMux()
	for _, page := range webPages {
		if h := handlers[page]; page == "/" {
			mux.Handle("/{$}", h)
		} else if h != nil {
			mux.Handle(page, h)
		}
	}
	s := &http.Server{Handler: onlyAt(l.Addr().String(), mux), ReadHeaderTimeout: webHeader}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() }) // Serve says that it ended
	defer stop()
	return s.Serve(l)
}

// onlyAt refuses requests that a page of another name sends here: one whose name resolves to this host.
func onlyAt(address string, next http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(address)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != address && r.Host != "localhost:"+port {
			http.Error(w, "not served under this name", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// webSource hands pprof the profile that is at hand, whatever it asks for.
type webSource struct{ p *Profile }

// Fetch implements driver.Fetcher.
func (s webSource) Fetch(string, time.Duration, time.Duration) (*profile.Profile, string, error) {
	return s.p.raw.Copy(), "", nil
}

// webFlags are pprof's command line: the web pages, and no browser.
type webFlags struct{}

// Bool implements driver.FlagSet.
func (webFlags) Bool(name string, def bool, _ string) *bool {
	def = def || name == "no_browser"
	return &def
}

// Int implements driver.FlagSet.
func (webFlags) Int(_ string, def int, _ string) *int { return &def }

// Float64 implements driver.FlagSet.
func (webFlags) Float64(_ string, def float64, _ string) *float64 { return &def }

// String implements driver.FlagSet.
func (webFlags) String(name, def, _ string) *string {
	switch name {
	case "http":
		def = "localhost:1" // the listener is open already
	case "tools":
		def = "" // not the environment's
	}
	return &def
}

// StringList implements driver.FlagSet.
func (webFlags) StringList(string, string, string) *[]*string { return new([]*string) }

// ExtraUsage implements driver.FlagSet.
func (webFlags) ExtraUsage() string { return "" }

// AddExtraUsage implements driver.FlagSet.
func (webFlags) AddExtraUsage(string) {}

// Parse implements driver.FlagSet.
func (webFlags) Parse(func()) []string { return []string{"profile"} }

// unsymbolized leaves a profile as it is: symbols would be read from files that the profile names.
type unsymbolized struct{}

// Symbolize implements driver.Symbolizer.
func (unsymbolized) Symbolize(string, driver.MappingSources, *profile.Profile) error { return nil }

var errNoObjects = errors.New("programs that a profile names are not read")

// noObjects opens no programs.
type noObjects struct{}

// Open implements driver.ObjTool.
func (noObjects) Open(string, uint64, uint64, uint64, string) (driver.ObjFile, error) {
	return nil, errNoObjects
}

// Disasm implements driver.ObjTool.
func (noObjects) Disasm(string, uint64, uint64, bool) ([]driver.Inst, error) {
	return nil, errNoObjects
}

// silent is pprof's terminal, which is not ours: what fails is on the page.
type silent struct{}

// ReadLine implements driver.UI.
func (silent) ReadLine(string) (string, error) {
	return "", fmt.Errorf("no input: %w", errors.ErrUnsupported)
}

// Print implements driver.UI.
func (silent) Print(...any) {}

// PrintErr implements driver.UI.
func (silent) PrintErr(...any) {}

// IsTerminal implements driver.UI.
func (silent) IsTerminal() bool { return false }

// WantBrowser implements driver.UI.
func (silent) WantBrowser() bool { return false }

// SetAutoComplete implements driver.UI.
func (silent) SetAutoComplete(func(string) string) {}

var (
	_ driver.FlagSet    = webFlags{}
	_ driver.Fetcher    = webSource{}
	_ driver.Symbolizer = unsymbolized{}
	_ driver.ObjTool    = noObjects{}
	_ driver.UI         = silent{}
)
