package http_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	data "github.com/google/pprof/profile"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/debug/profile"
	pprof "github.com/microtop/microtop/framework/debug/profile/http"
	"github.com/microtop/microtop/framework/debug/profile/profiletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	profiletest.Run(t, func(*testing.T) profile.Profile { return pprof.NewProfile() })
}

func open(t *testing.T, opts ...profile.Option) pprof.Server {
	t.Helper()
	p, ok := pprof.NewProfile(opts...).(pprof.Server)
	if !ok {
		t.Fatal("NewProfile's result does not say where it listens")
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func get(t *testing.T, url string, change ...func(*http.Request)) (status int, header http.Header, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(req)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, body
}

func TestA270_StartAndStopAreIdempotent(t *testing.T) {
	p := open(t)
	first := p.URL()
	if err := p.Start(); err != nil || p.URL() != first || p.String() != "http" {
		t.Errorf("starting twice: %v, %s then %s", err, first, p.URL())
	}
	for range 2 {
		if err := p.Stop(); err != nil || p.URL() != "" {
			t.Errorf("stopping: %v, still at %q", err, p.URL())
		}
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := get(t, p.URL()+"/"); status != http.StatusOK {
		t.Errorf("started again: status %d", status)
	}
}

func TestProfiles(t *testing.T) {
	p := open(t, profile.Name("<shop>"))
	for path, sample := range map[string]string{
		"/profile?seconds=0.05": "cpu", "/heap?gc=1": "inuse_space", "/allocs": "alloc_space", "/goroutine": "goroutine",
		"/threadcreate": "threadcreate", "/block": "contentions", "/mutex": "delay",
	} {
		status, header, body := get(t, p.URL()+path)
		parsed, err := data.Parse(bytes.NewReader(body))
		if status != http.StatusOK || err != nil || header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%s: status %d, %v, %v", path, status, header, err)
			continue
		}
		found := false
		for _, kind := range parsed.SampleType {
			found = found || kind.Type == sample
		}
		if !found {
			t.Errorf("%s: no %s in it", path, sample)
		}
	}
	for path, want := range map[string]string{
		"/trace?seconds=0.05": "go 1.",
		"/goroutine?debug=2":  "goroutine ",
		"/":                   "<title>&lt;shop&gt;</title>",
	} {
		if status, _, body := get(t, p.URL()+path); status != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: status %d, %.80q", path, status, body)
		}
	}
}

func TestRefusals(t *testing.T) {
	p := open(t)
	for path, want := range map[string]int{
		"/profile?seconds=0":   http.StatusBadRequest,
		"/profile?seconds=301": http.StatusBadRequest,
		"/profile?seconds=NaN": http.StatusBadRequest,
		"/trace?seconds=x":     http.StatusBadRequest,
		"/mutex?seconds=1":     http.StatusBadRequest,
		"/cmdline":             http.StatusNotFound,
		"/nonsense":            http.StatusNotFound,
		"/a/b":                 http.StatusNotFound,
	} {
		if status, _, body := get(t, p.URL()+path); status != want {
			t.Errorf("%s: status %d (%.80q), want %d", path, status, body, want)
		}
	}
	for what, change := range map[string]func(*http.Request){
		"a name that a page resolves to this host": func(r *http.Request) { r.Host = "evil.example:80" },
		"a page of another site":                   func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		if status, _, _ := get(t, p.URL()+"/heap", change); status != http.StatusForbidden {
			t.Errorf("%s: status %d", what, status)
		}
	}
	if status, _, _ := get(t, p.URL()+"/heap", func(r *http.Request) { r.Host = "localhost" }); status != http.StatusOK {
		t.Errorf("by the name localhost: status %d", status)
	}
}

// S-15. By default nobody on another host reaches it, an address that others reach is refused, and nothing is left on
// the mux that the program may serve to the world.
func TestS15_OnlyThisHost(t *testing.T) {
	host, _, err := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(open(t).URL(), "http://"), "/debug/pprof"))
	if err != nil || !net.ParseIP(host).IsLoopback() {
		t.Errorf("listens on %q, %v", host, err)
	}
	if _, pattern := http.DefaultServeMux.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/debug/pprof/"}}); pattern != "" {
		t.Errorf("http.DefaultServeMux has a handler for %q", pattern)
	}
	before := pprof.DefaultAddress
	t.Cleanup(func() { pprof.DefaultAddress = before })
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:6060", "example.org:6060", "6060", ""} {
		pprof.DefaultAddress = address
		p := pprof.NewProfile()
		if err := p.Start(); err == nil || !strings.Contains(err.Error(), "address") {
			t.Errorf("%q: %v", address, err)
			_ = p.Stop()
		}
	}
	pprof.DefaultAddress = "localhost:0"
	if url := open(t).URL(); url == "" {
		t.Error("localhost is refused")
	}
}

// A recording does not hold the program's end, and only one is made at a time.
func TestStopEndsARecording(t *testing.T) {
	p := open(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL()+"/profile?seconds=200", nil)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
		resp, err := client.Do(req)
		if err == nil {
			_, err = data.Parse(resp.Body)
			_ = resp.Body.Close()
		}
		answered <- err
	}()
	recording := func() bool {
		_, _, stacks := get(t, p.URL()+"/goroutine?debug=2")
		return bytes.Contains(stacks, []byte("runtime/pprof.profileWriter"))
	}
	for deadline := time.Now().Add(10 * time.Second); !recording(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not recording within 10 s")
		}
	}
	if status, header, _ := get(t, p.URL()+"/profile?seconds=0.01"); status != http.StatusConflict || header.Get("Content-Disposition") != "" {
		t.Errorf("a second recording: status %d, %v", status, header)
	}
	begin := time.Now()
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("Stop took %v", took)
	}
	if err := <-answered; err != nil {
		t.Errorf("what was recorded until the stop: %v", err)
	}
}
