package http

import (
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"time"
)

const (
	// root is where the profiles are.
	root = "/debug/pprof"
	// maxSeconds is the longest recording.
	maxSeconds = 300
)

// routes serves the profiles of the process; name is the index's title. net/http/pprof would serve them too, but
// linking it puts its handlers on http.DefaultServeMux.
func routes(name string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root+"/{$}", func(w http.ResponseWriter, _ *http.Request) { index(w, name) })
	mux.HandleFunc("GET "+root+"/profile", recording(30, pprof.StartCPUProfile, pprof.StopCPUProfile))
	mux.HandleFunc("GET "+root+"/trace", recording(1, trace.Start, trace.Stop))
	mux.HandleFunc("GET "+root+"/{name}", snapshot)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if !fromHere(r) {
			http.Error(w, "profiles are for programs of this host that ask for it by its address", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// fromHere tells a program of this host from a web page that a browser of this host shows: a page can have its own name
// resolve to this host, which the Host header shows, or send requests across sites, which browsers say.
func fromHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return loopback(host) && (site == "" || site == "none" || site == "same-origin")
}

func index(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><title>%[1]s</title><h1>%[1]s</h1><ul>\n", html.EscapeString(name))
	for _, p := range pprof.Profiles() {
		fmt.Fprintf(w, "<li><a href=\"%[1]s?debug=1\">%[1]s</a> %[2]d\n", html.EscapeString(p.Name()), p.Count())
	}
	fmt.Fprint(w, "<li><a href=\"profile?seconds=30\">profile</a> of 30 seconds\n<li><a href=\"trace?seconds=1\">trace</a> of 1 second\n</ul>\n")
}

// recording answers with what is recorded over the seconds that the request asks for. A caller that leaves, and the
// server's end, end it early.
func recording(seconds float64, start func(io.Writer) error, stop func()) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		seconds := seconds
		if text := r.FormValue("seconds"); text != "" {
			var err error
			if seconds, err = strconv.ParseFloat(text, 64); err != nil || !(seconds > 0 && seconds <= maxSeconds) { // NaN too
				http.Error(w, fmt.Sprintf("seconds must be over 0 and at most %d, not %q", maxSeconds, text), http.StatusBadRequest)
				return
			}
		}
		end := time.NewTimer(time.Duration(seconds * float64(time.Second)))
		defer end.Stop()
		binary(w, r.URL.Path)
		if err := start(w); err != nil {
			text(w)
			http.Error(w, err.Error()+": try again when it is done", http.StatusConflict)
			return
		}
		defer stop() // writes the rest
		select {
		case <-end.C:
		case <-r.Context().Done():
		}
	}
}

// snapshot answers with one of the profiles that the runtime keeps all the time.
func snapshot(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	p := pprof.Lookup(name)
	if p == nil {
		http.Error(w, fmt.Sprintf("no profile is called %q: see %s/", name, root), http.StatusNotFound)
		return
	}
	if r.FormValue("seconds") != "" {
		http.Error(w, name+" counts from the start of the process, not over seconds: leave seconds out, or use Debug.Profile", http.StatusBadRequest)
		return
	}
	if name == "heap" && r.FormValue("gc") == "1" {
		runtime.GC()
	}
	debug, err := strconv.Atoi(r.FormValue("debug"))
	if err != nil || debug == 0 { // absent means binary
		binary(w, r.URL.Path)
		debug = 0
	} else {
		text(w)
	}
	_ = p.WriteTo(w, debug) // the caller is gone
}

func text(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Del("Content-Disposition")
}

func binary(w http.ResponseWriter, path string) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", path[len(root)+1:]))
}
