// Package fleet is the service that the captures of docs/wire.md were made with: protobuf handlers of every kind, and
// handlers of plain Go types. Suites and tests serve it. Start with [Greeter].
package fleet

import (
	"context"
	"errors"
	"io"
	"time"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/server"
)

// Service is the name the captures were made under.
const Service = "fleet.greeter"

// Greeter has unary endpoints.
type Greeter struct{}

// Hello greets, and gives everything else back.
func (*Greeter) Hello(_ context.Context, req *HelloRequest, rsp *HelloResponse) error {
	rsp.Message = "Hello " + req.GetName()
	rsp.Count, rsp.Tags, rsp.Labels, rsp.Mood, rsp.Blob, rsp.InnerItem = req.GetCount(), req.GetTags(), req.GetLabels(), req.GetMood(), req.GetBlob(), req.GetInnerItem()
	return nil
}

// Fail fails as asked.
func (*Greeter) Fail(_ context.Context, req *FailRequest, _ *Empty) error { return fail(req) }

func fail(req *FailRequest) error {
	switch req.GetKind() {
	case "plain":
		return errors.New(req.GetDetail())
	case "badrequest":
		return errs.BadRequest(Service, "%s", req.GetDetail())
	case "micro":
		return errs.New(Service, req.GetDetail(), req.GetCode())
	case "panic":
		panic(req.GetDetail())
	}
	return nil
}

// Slow takes its time, but listens to its context, unless it is asked to be deaf.
func (*Greeter) Slow(ctx context.Context, req *FailRequest, _ *Empty) error {
	timer := time.NewTimer(time.Duration(req.GetDelayMs()) * time.Millisecond)
	defer timer.Stop()
	if req.GetKind() == "deaf" {
		<-timer.C
		return nil
	}
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errs.Timeout(Service, "ctx: %v", ctx.Err())
	}
}

// Headers tells what metadata came.
func (*Greeter) Headers(ctx context.Context, _ *Empty, rsp *HeadersResponse) error {
	rsp.Headers, _ = metadata.FromContext(ctx)
	return nil
}

// Streamer has an endpoint of each streaming kind.
type Streamer struct{}

// Count sends the numbers from one to the other.
func (*Streamer) Count(ctx context.Context, stream server.Stream) error {
	req := new(CountRequest)
	if err := stream.Recv(req); err != nil {
		return err
	}
	for i, sent := req.GetFrom(), int64(0); i <= req.GetTo(); i, sent = i+1, sent+1 {
		if req.GetFailAfter() > 0 && sent == req.GetFailAfter() {
			return fail(&FailRequest{Kind: req.GetFailKind(), Detail: "stream failed"})
		}
		if err := stream.Send(&Value{Value: i}); err != nil {
			return err
		}
		if req.GetDelayMs() > 0 && !sleep(ctx, time.Duration(req.GetDelayMs())*time.Millisecond) {
			return ctx.Err()
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Sum adds up what comes, until a zero or the end.
func (*Streamer) Sum(_ context.Context, stream server.Stream) error {
	total := new(Total)
	for {
		v := new(Value)
		err := stream.Recv(v)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil || v.GetValue() == 0 {
			return stream.Send(total)
		}
		total.Total += v.GetValue()
		total.N++
	}
}

// PingPong answers each stroke. The note "quit" ends it, "boom" ends it with an error.
func (*Streamer) PingPong(_ context.Context, stream server.Stream) error {
	for {
		s := new(Stroke)
		err := stream.Recv(s)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&Stroke{Stroke: s.GetStroke(), Note: "pong:" + s.GetNote()}); err != nil {
			return err
		}
		switch s.GetNote() {
		case "quit":
			return nil
		case "boom":
			return errs.BadRequest("fleet.streamer", "boom")
		}
	}
}
