package profiling_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/microtop/microtop/profiling"
)

// pprof's pages are served to this host under its own name, without those that read or write files.
func TestWebPages(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	ctx, cancel := context.WithCancel(t.Context())
	p := fake(t, stack{1000, []string{"main", "scoreCandidates"}})
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- profiling.Web(ctx, p, 0, func(url string) { address <- url }) }()
	var url string
	select {
	case url = <-address:
	case err := <-ended:
		t.Fatal(err)
	}
	base := strings.TrimSuffix(url, "/flamegraph")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(page, host string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+page, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		rsp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rsp.Body.Close() }()
		text, err := io.ReadAll(rsp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return rsp.StatusCode, string(text)
	}
	for _, page := range []string{"/", "/flamegraph", "/top", "/peek?f=.", "/download"} {
		if code, text := get(page, ""); code != 200 || text == "" {
			t.Errorf("%s: status %d", page, code)
		}
	}
	for _, page := range []string{"/source?f=.", "/disasm?f=.", "/saveconfig?config=x", "/deleteconfig?config=x", "/debug/pprof/"} {
		if code, _ := get(page, ""); code != 404 {
			t.Errorf("%s: status %d", page, code)
		}
	}
	if code, _ := get("/top", "rebound.example"); code != 403 {
		t.Errorf("under another name: status %d", code)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 0 {
		t.Errorf("left in the home folder: %v, %v", left, err)
	}
}
