// Package logging writes a line for each request served, message handled and call made.
//
// A line says who, what, how long and how it ended, never what was in it: bodies, headers and tokens are not logged.
// What ended well is Info, what did not is Warn. Start with [NewHandlerWrapper].
package logging

import (
	"context"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
)

// maxDetail is how much of an error's text is logged, in bytes: peers write it.
const maxDetail = 1 << 10

// NewHandlerWrapper logs each request and stream served to log, or to the framework's logger for nil. The line of a
// stream is written at its end.
func NewHandlerWrapper(log *slog.Logger) server.HandlerWrapper {
	log = orDefault(log)
	return func(next server.HandlerFunc) server.HandlerFunc {
		return func(ctx context.Context, req server.Request, rsp any) (err error) {
			line := begin(log, slog.String("endpoint", req.Endpoint()), slog.Bool("stream", req.Stream()))
			if remote, ok := metadata.Get(ctx, "Remote"); ok {
				line.attrs = append(line.attrs, slog.String("remote", remote))
			}
			if account, ok := auth.AccountFromContext(ctx); ok {
				line.attrs = append(line.attrs, slog.String("account", account.ID))
			}
			defer func() { line.end(ctx, "request served", err) }()
			err = next(ctx, req, rsp)
			line.returned = true
			return err
		}
	}
}

// NewSubscriberWrapper logs each message handled.
func NewSubscriberWrapper(log *slog.Logger) server.SubscriberWrapper {
	log = orDefault(log)
	return func(next server.SubscriberFunc) server.SubscriberFunc {
		return func(ctx context.Context, msg server.Message) (err error) {
			line := begin(log, slog.String("topic", msg.Topic()))
			defer func() { line.end(ctx, "message handled", err) }()
			err = next(ctx, msg)
			line.returned = true
			return err
		}
	}
}

// NewCallWrapper logs each attempt at a call, with the node it went to. Opening a stream is no attempt.
func NewCallWrapper(log *slog.Logger) client.CallWrapper {
	log = orDefault(log)
	return func(next client.CallFunc) client.CallFunc {
		return func(ctx context.Context, node *registry.Node, req client.Request, rsp any, opts client.CallOptions) (err error) {
			line := begin(log, slog.String("service", req.Service()), slog.String("endpoint", req.Endpoint()),
				slog.String("node", node.Id), slog.String("address", node.Address))
			defer func() { line.end(ctx, "call made", err) }()
			err = next(ctx, node, req, rsp, opts)
			line.returned = true
			return err
		}
	}
}

func orDefault(log *slog.Logger) *slog.Logger {
	if log == nil {
		return logger.Slog(nil)
	}
	return log
}

// line is a line in the making.
type line struct {
	log      *slog.Logger
	attrs    []slog.Attr
	began    time.Time
	returned bool // else a panic went by
}

func begin(log *slog.Logger, attrs ...slog.Attr) *line {
	return &line{log: log, attrs: attrs, began: time.Now()}
}

func (l *line) end(ctx context.Context, message string, err error) {
	level := slog.LevelInfo
	attrs := append(l.attrs, slog.Duration("duration", time.Since(l.began)))
	switch {
	case !l.returned:
		level = slog.LevelWarn
		attrs = append(attrs, slog.Int("code", 500), slog.String("error", "panic"))
	case err != nil:
		level = slog.LevelWarn
		e := errs.FromError(err)
		attrs = append(attrs, slog.Int("code", int(e.GetCode())), slog.String("error", cut(e.GetDetail())))
	}
	l.log.LogAttrs(ctx, level, message, attrs...) //nolint:sloglint // one of three constants
}

// cut shortens text to maxDetail without breaking a character.
func cut(text string) string {
	if len(text) <= maxDetail {
		return text
	}
	end := maxDetail
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
