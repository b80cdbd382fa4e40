package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/microtop/microtop/internal/bench"
)

// nethttp is JSON over net/http, as a plain web service is written.
type nethttp struct{}

// Serve implements System.
func (nethttp) Serve() (string, func(), error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: http.HandlerFunc(serveHTTP), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // ends with Close
	}()
	return l.Addr().String(), func() { _ = s.Close(); <-done }, nil
}

func serveHTTP(w http.ResponseWriter, r *http.Request) {
	in := new(bench.Message)
	if err := json.NewDecoder(r.Body).Decode(in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(in) // a caller that went away
}

// Dial implements System. It keeps as many connections as there are callers.
func (nethttp) Dial(address string) (bench.Caller, error) {
	t := &http.Transport{MaxIdleConnsPerHost: 1024}
	return &httpCaller{c: &http.Client{Transport: t}, t: t, url: "http://" + address + "/echo"}, nil
}

type httpCaller struct {
	c   *http.Client
	t   *http.Transport
	url string
}

// Unary implements Caller.
func (h *httpCaller) Unary(ctx context.Context, req, rsp *bench.Message) error {
	body, err := json.Marshal(req)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := h.c.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(rsp)
}

// Download implements Caller: it refuses.
func (*httpCaller) Download(context.Context, int, int) (bench.Stream, error) {
	return nil, bench.ErrNoStreams
}

// Exchange implements Caller: it refuses.
func (*httpCaller) Exchange(context.Context) (bench.Stream, error) { return nil, bench.ErrNoStreams }

// Close implements Caller.
func (h *httpCaller) Close() error {
	h.t.CloseIdleConnections()
	return nil
}
