package prometheus

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
)

const (
	// other stands for what is not counted by its own name.
	other = "other"
	// maxNames bounds how many pairs of service and endpoint are counted by name.
	maxNames = 1000
)

// metrics are v4's: a counter of requests and a histogram of how long they took.
type metrics struct {
	total    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	problem  error // why nothing is counted
	warned   sync.Once

	mu    sync.RWMutex
	names map[names]bool
}

// names are what something is counted by.
type names struct{ service, endpoint string }

func newMetrics(opts []Option) *metrics {
	o := newOptions(opts)
	m := &metrics{names: map[names]bool{}}
	if o.Registerer == nil {
		m.problem = errors.New("no registerer is given: use prometheus.WithRegisterer")
		return m
	}
	constant := prometheus.Labels{"micro_name": o.Name, "micro_version": o.Version, "micro_id": o.ID}
	m.total, m.problem = register(o.Registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "micro_request_total", ConstLabels: constant,
		Help: "Requests served, calls, attempts and streams made, and messages, by how they ended.",
	}, []string{"micro_kind", "micro_service", "micro_endpoint", "micro_status", "micro_code"}))
	if m.problem != nil {
		return m
	}
	m.duration, m.problem = register(o.Registerer, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "micro_request_duration_seconds", ConstLabels: constant, Buckets: o.Buckets,
		Help: "How long they took, in seconds: streams served until they ended, streams made until they were open.",
	}, []string{"micro_kind", "micro_service", "micro_endpoint", "micro_status"}))
	return m
}

// register registers a collector, or returns the one that is there already.
func register[C prometheus.Collector](r prometheus.Registerer, c C) (C, error) {
	err := r.Register(c)
	var there prometheus.AlreadyRegisteredError
	if errors.As(err, &there) {
		if same, ok := there.ExistingCollector.(C); ok {
			return same, nil
		}
	}
	return c, err
}

// admit returns the names to count by: the ones given, as long as there are not too many.
func (m *metrics) admit(service, endpoint string) names {
	n := names{strings.ToValidUTF8(service, "?"), strings.ToValidUTF8(endpoint, "?")}
	m.mu.RLock()
	known, room := m.names[n], len(m.names) < maxNames
	m.mu.RUnlock()
	switch {
	case known:
		return n
	case !room:
		return names{other, other}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.names) >= maxNames {
		return names{other, other}
	}
	m.names[n] = true
	return n
}

// observe runs fn and counts it, also when it panics.
func (m *metrics) observe(kind string, n names, fn func() error) (err error) {
	if m.problem != nil {
		m.warned.Do(func() { logger.Slog(nil).Warn("requests are not counted", "error", m.problem) })
		return fn()
	}
	began, status, code := time.Now(), "failure", "500" // unless it returns
	defer func() {
		m.total.WithLabelValues(kind, n.service, n.endpoint, status, code).Inc()
		m.duration.WithLabelValues(kind, n.service, n.endpoint, status).Observe(time.Since(began).Seconds())
	}()
	err = fn()
	if code = codeOf(err); err == nil {
		status = "success"
	}
	return err
}

// codeOf is the code of an error, of those that HTTP knows: peers choose them.
func codeOf(err error) string {
	if err == nil {
		return "200"
	}
	code := int(errs.FromError(err).GetCode())
	switch {
	case code == 0:
		return "none"
	case http.StatusText(code) == "":
		return other
	}
	return strconv.Itoa(code)
}
