package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/framework/wrapper/logging"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

// lines collects what is logged.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// wait returns the first line with the message, decoded; it may be written after the answer was received.
func (l *lines) wait(t *testing.T, message string) map[string]any {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for text := range strings.Lines(l.text()) {
			var line map[string]any
			if json.Unmarshal([]byte(text), &line) == nil && line["msg"] == message {
				return line
			}
		}
	}
	t.Fatalf("no line %q in:\n%s", message, l.text())
	return nil
}

func logged() (*lines, wrappertest.Wrappers) {
	out := new(lines)
	log := slog.New(slog.NewJSONHandler(out, nil))
	return out, wrappertest.Wrappers{
		Handler: logging.NewHandlerWrapper(log), Subscriber: logging.NewSubscriberWrapper(log), Call: logging.NewCallWrapper(log),
	}
}

func TestConformance(t *testing.T) {
	wrappertest.Run(t, func(*testing.T) wrappertest.Wrappers {
		_, wrappers := logged()
		return wrappers
	})
}

func has(t *testing.T, line map[string]any, want map[string]any) {
	t.Helper()
	for key, value := range want {
		if line[key] != value {
			t.Errorf("%s is %v, want %v, in %v", key, line[key], value, line)
		}
	}
	if _, ok := line["duration"]; !ok {
		t.Errorf("no duration in %v", line)
	}
}

func TestA291_LinesSayWhatHappened(t *testing.T) {
	t.Run("a call and its request", func(t *testing.T) {
		out, wrappers := logged()
		w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers})
		if _, err := w.Hello(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		has(t, out.wait(t, "request served"), map[string]any{"level": "INFO", "endpoint": "Greeter.Hello", "stream": false})
		has(t, out.wait(t, "call made"), map[string]any{
			"level": "INFO", "service": fleet.Service, "endpoint": "Greeter.Hello", "address": w.Server.Options().Address,
		})
	})
	t.Run("an error", func(t *testing.T) {
		out, wrappers := logged()
		w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers})
		_ = w.Fail(t.Context(), &fleet.FailRequest{Kind: "micro", Code: 418, Detail: "short\nforged line"})
		for _, message := range []string{"request served", "call made"} {
			has(t, out.wait(t, message), map[string]any{"level": "WARN", "code": 418.0, "error": "short\nforged line"})
		}
		for text := range strings.Lines(out.text()) {
			if !json.Valid([]byte(text)) {
				t.Errorf("a line was forged: %s", text)
			}
		}
	})
	t.Run("a panic", func(t *testing.T) {
		out, wrappers := logged()
		w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers})
		_ = w.Fail(t.Context(), &fleet.FailRequest{Kind: "panic", Detail: "boom"})
		has(t, out.wait(t, "request served"), map[string]any{"level": "WARN", "code": 500.0, "error": "panic"})
	})
	t.Run("a stream, at its end", func(t *testing.T) {
		out, wrappers := logged()
		w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers})
		_, _ = w.Count(t.Context(), &fleet.CountRequest{From: 1, To: 2})
		has(t, out.wait(t, "request served"), map[string]any{"endpoint": "Streamer.Count", "stream": true})
	})
	t.Run("a message", func(t *testing.T) {
		out, wrappers := logged()
		w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers})
		if err := w.Publish(t.Context(), "fail"); err != nil {
			t.Fatal(err)
		}
		has(t, out.wait(t, "message handled"), map[string]any{"level": "WARN", "topic": wrappertest.Topic, "error": "unexpected EOF"})
	})
}

func TestSecretsAndLongTextsStayOut(t *testing.T) {
	out, wrappers := logged()
	inner := wrappers.Handler
	wrappers.Handler = func(next server.HandlerFunc) server.HandlerFunc {
		logged := inner(next)
		return func(ctx context.Context, req server.Request, rsp any) error {
			return logged(auth.ContextWithAccount(ctx, &auth.Account{ID: "ada", Secret: "hunter2"}), req, rsp)
		}
	}
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappers, Client: []client.Option{client.Retries(0)}})
	ctx := metadata.NewContext(t.Context(), metadata.Metadata{"Authorization": "Bearer hunter2"})
	if _, err := w.Hello(ctx, "hunter2"); err != nil {
		t.Fatal(err)
	}
	has(t, out.wait(t, "request served"), map[string]any{"account": "ada"})
	_ = w.Fail(ctx, &fleet.FailRequest{Kind: "micro", Code: 400, Detail: strings.Repeat("é", 1000)})
	for end := time.Now().Add(5 * time.Second); strings.Count(out.text(), `"request served"`) < 2 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if text := out.text(); strings.Contains(text, "hunter2") {
		t.Errorf("a secret was logged:\n%s", text)
	} else if strings.Contains(text, strings.Repeat("é", 513)) || !strings.Contains(text, strings.Repeat("é", 512)+"…") {
		t.Errorf("a long text was not cut at 1 KiB:\n%s", text)
	}
}

func TestWithoutALoggerTheFrameworksIsUsed(t *testing.T) {
	served := logging.NewHandlerWrapper(nil)(func(context.Context, server.Request, any) error { return nil })
	if served == nil || logging.NewSubscriberWrapper(nil) == nil || logging.NewCallWrapper(nil) == nil {
		t.Error("nil")
	}
}
