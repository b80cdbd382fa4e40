package profiling_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	nethttppprof "net/http/pprof"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/profiling"
)

func pprofServer(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", nethttppprof.Index)
	mux.HandleFunc("/debug/pprof/profile", nethttppprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", nethttppprof.Trace)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, s profiling.Source, kind profiling.Kind) ([]byte, error) {
	t.Helper()
	body, err := s.Profile(t.Context(), kind, time.Second)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return io.ReadAll(body)
}

func TestHTTPSourceReadsRealEndpoint(t *testing.T) {
	server := pprofServer(t)
	for _, base := range []string{server.URL, server.URL + "/", server.URL + "/debug/pprof/", strings.TrimPrefix(server.URL, "http://")} {
		data, err := get(t, &profiling.HTTPSource{URL: base}, profiling.Heap)
		if err != nil {
			t.Fatalf("%s: %v", base, err)
		}
		if p := parse(t, data); p.Kind != profiling.Heap {
			t.Errorf("%s: kind %q", base, p.Kind)
		}
	}
	_, err := get(t, &profiling.HTTPSource{URL: server.URL + "/elsewhere"}, profiling.Heap)
	if err == nil || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "net/http/pprof") {
		t.Errorf("no such endpoint: %v", err)
	}
}

func TestHTTPSourceAsksForSecondsAndNothingSecret(t *testing.T) {
	var seen []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r)
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
	}))
	defer server.Close()
	s := &profiling.HTTPSource{URL: server.URL}
	for _, k := range []profiling.Kind{profiling.CPU, profiling.Trace, profiling.Mutex} {
		if _, err := get(t, s, k); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"/debug/pprof/profile?seconds=1", "/debug/pprof/trace?seconds=1", "/debug/pprof/mutex"} {
		if r := seen[i]; r.URL.String() != want || r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Errorf("request %s %v, want %s", r.URL, r.Header, want)
		}
	}
}

func TestHTTPSourceRefuses(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed a redirect to another host") }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/away"):
			http.Redirect(w, r, other.URL+"/debug/pprof/heap", http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/loop"):
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/busy"):
			http.Error(w, "could not enable CPU profiling: already in use", http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	for address, says := range map[string]string{
		server.URL + "/away":                  "refused",
		server.URL + "/loop":                  "without end",
		server.URL + "/busy":                  "already in use",
		"ftp://host/":                         "only http",
		"file:///etc/passwd":                  "only http",
		"http://me:secret@host/":              "password",
		"http://host/?x=1":                    "after the path",
		"http://":                             "no host",
		"http://[::bad/":                      "give http://",
		"http://" + strings.Repeat("a", 3000): "longer",
	} {
		_, err := get(t, &profiling.HTTPSource{URL: address}, profiling.CPU)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.60s: %v, want %q", address, err, says)
		}
	}
}

// A name that resolves to this host must not reach its services.
func TestHTTPSourceRefusesNamesOfLoopback(t *testing.T) {
	server := pprofServer(t)
	address := server.Listener.Addr().String()
	for host, refused := range map[string]bool{"shop.example": true, "10.0.0.7": true, "localhost": false, "127.0.0.1": false} {
		base, err := profiling.ParseProfilerURL("http://" + host)
		if err != nil {
			t.Fatal(err)
		}
		// As if the resolver had answered 127.0.0.1 for host.
		conn, err := profiling.Transport(base, time.Second).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		if refused != (err != nil && strings.Contains(err.Error(), "resolves to this host")) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestHTTPSourceUsesNoProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("proxied %s", r.URL) }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := (&profiling.HTTPSource{URL: "http://192.0.2.1:6060"}).Profile(ctx, profiling.Heap, 0); err == nil {
		t.Error("an address that nobody has answered")
	}
}

func TestSafeProfilerURL(t *testing.T) {
	here := []netip.Addr{netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("fe80::1%eth0")}
	for _, tc := range []struct{ meta, node, want, says string }{
		{"10.0.0.7:6060", "10.0.0.7:8080", "http://10.0.0.7:6060/debug/pprof", ""},
		{"https://10.0.0.7:6060/x/pprof", "10.0.0.7:8080", "https://10.0.0.7:6060/x/pprof", ""},
		{"pprof.shop.example:80", "10.0.0.7:8080", "http://pprof.shop.example:80/debug/pprof", ""},
		{":6060", "10.0.0.7:8080", "http://10.0.0.7:6060/debug/pprof", ""},
		{"0.0.0.0:6060", "10.0.0.7:8080", "http://10.0.0.7:6060/debug/pprof", ""},
		{"http://[::]:6060", "[2001:db8::7]:8080", "http://[2001:db8::7]:6060/debug/pprof", ""},
		{"127.0.0.1:6060", "127.0.0.1:8080", "http://127.0.0.1:6060/debug/pprof", ""},
		{"127.0.0.1:6060", "192.168.1.5:8080", "http://127.0.0.1:6060/debug/pprof", ""},
		{"localhost:6060", "[fe80::1]:8080", "http://localhost:6060/debug/pprof", ""},
		{"127.0.0.1:6060", "10.0.0.7:8080", "", "this host's own"},
		{"localhost:22", "10.0.0.7:8080", "", "this host's own"},
		{"LOCALHOST.:22", "10.0.0.7:8080", "", "this host's own"},
		{"a.localhost:22", "10.0.0.7:8080", "", "this host's own"},
		{"[::1]:6060", "10.0.0.7:8080", "", "this host's own"},
		{"[::ffff:127.0.0.1]:6060", "10.0.0.7:8080", "", "this host's own"},
		{"127.1:6060", "10.0.0.7:8080", "", "this host's own"},
		{"0x7f000001:6060", "10.0.0.7:8080", "", "this host's own"},
		{"2130706433:6060", "10.0.0.7:8080", "", "this host's own"},
		{"gopher://10.0.0.7", "10.0.0.7:8080", "", "only http"},
		{"http://u:p@10.0.0.7", "10.0.0.7:8080", "", "password"},
		{"http://10.0.0.7/?a=b", "10.0.0.7:8080", "", "after the path"},
		{"", "10.0.0.7:8080", "", "no profiler"},
		{"10.0.0.7:6060", "", "", "no host"},
	} {
		got, err := profiling.SafeProfilerURL(tc.meta, tc.node, here)
		if got != tc.want || (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
			t.Errorf("SafeProfilerURL(%q, %q) = %q, %v; want %q, %q", tc.meta, tc.node, got, err, tc.want, tc.says)
		}
	}
}

func FuzzSafeProfilerURL(f *testing.F) {
	f.Add("http://10.0.0.7:6060/debug/pprof", "10.0.0.7:8080")
	f.Add("[::1%25lo]:1", "10.0.0.7")
	f.Add("0177.0.0.1", "node")
	f.Fuzz(func(t *testing.T, meta, node string) {
		got, err := profiling.SafeProfilerURL(meta, node, nil)
		if err != nil {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
			t.Fatalf("SafeProfilerURL(%q, %q) = %q, %v", meta, node, got, err)
		}
		ip, err := netip.ParseAddr(u.Hostname())
		if node == "10.0.0.7" && (u.Hostname() == "localhost" || err == nil && ip.Unmap().IsLoopback()) {
			t.Fatalf("a remote node reaches %q", got)
		}
	})
}

func TestHTTPSourceEndsWithItsContext(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := (&profiling.HTTPSource{URL: server.URL}).Profile(ctx, profiling.CPU, 30*time.Second)
	if err == nil || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}
