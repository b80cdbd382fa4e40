package handler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strings"
	"sync"
	"time"

	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/server"
)

const (
	// maxSeconds is the longest recording.
	maxSeconds = 300
	// defaultSeconds is a recording's length if the request names none.
	defaultSeconds = 10
	// chunkBytes is how much of a profile goes into one message.
	chunkBytes = 64 << 10
	// progressEvery is how often a recording says that it is under way.
	progressEvery = time.Second
)

// The kinds that record over a time, and those that are there at once.
var (
	recorded  = []string{"cpu", "trace", "block", "mutex"}
	snapshots = []string{"heap", "allocs", "goroutine", "threadcreate"}
)

// recording is held by the one recording that the process may make at a time: the runtime's switches are global.
var recording sync.Mutex

// Profile takes a profile and sends its bytes. While recording it sends the seconds gone, about once a second.
func (d *Debug) Profile(ctx context.Context, stream server.Stream) error {
	if err := d.authorize(ctx, "Profile"); err != nil {
		return err
	}
	req := new(pb.ProfileRequest)
	if err := stream.Recv(req); err != nil {
		return err
	}
	duration, err := length(req)
	if err != nil {
		return err
	}
	out := &boundedBuffer{limit: limits.Default().ProfileBytes}
	if slices.Contains(snapshots, req.GetKind()) {
		err = pprof.Lookup(req.GetKind()).WriteTo(out, 0)
	} else {
		err = record(ctx, stream, req.GetKind(), duration, out)
	}
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(out.Bytes(), chunkBytes) {
		if err := stream.Send(&pb.ProfileChunk{Data: chunk}); err != nil {
			return err
		}
	}
	return nil
}

func length(req *pb.ProfileRequest) (time.Duration, error) {
	if !slices.Contains(recorded, req.GetKind()) && !slices.Contains(snapshots, req.GetKind()) {
		known := strings.Join(slices.Concat(recorded, snapshots), ", ")
		return 0, errors.BadRequest("go.micro.debug", "unknown profile kind %q: use one of %s", req.GetKind(), known)
	}
	seconds := req.GetSeconds()
	if seconds == 0 {
		seconds = defaultSeconds
	}
	if !(seconds > 0 && seconds <= maxSeconds) { // NaN too
		return 0, errors.BadRequest("go.micro.debug", "seconds must be over 0 and at most %d, not %v", maxSeconds, seconds)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// record switches the recording on, reports its progress and switches it off.
func record(ctx context.Context, stream server.Stream, kind string, duration time.Duration, out io.Writer) error {
	if !recording.TryLock() {
		return errors.Conflict("go.micro.debug", "another profile of this process is being recorded: try again when it is done")
	}
	defer recording.Unlock()
	stop, err := start(kind, out)
	if err != nil {
		return errors.Conflict("go.micro.debug", "start %s profile: %v", kind, err)
	}
	wait := progress(ctx, stream, duration)
	if err := stop(); wait == nil {
		wait = err
	}
	return wait
}

// start switches a recording on and returns what switches it off and writes it.
func start(kind string, out io.Writer) (stop func() error, err error) {
	switch kind {
	case "cpu":
		return func() error { pprof.StopCPUProfile(); return nil }, pprof.StartCPUProfile(out)
	case "trace":
		return func() error { trace.Stop(); return nil }, trace.Start(out)
	case "block":
		runtime.SetBlockProfileRate(1)
		return func() error {
			runtime.SetBlockProfileRate(0)
			return pprof.Lookup(kind).WriteTo(out, 0)
		}, nil
	default: // mutex
		before := runtime.SetMutexProfileFraction(5)
		return func() error {
			runtime.SetMutexProfileFraction(before)
			return pprof.Lookup(kind).WriteTo(out, 0)
		}, nil
	}
}

// progress waits for the end of a recording; a caller that leaves ends it early.
func progress(ctx context.Context, stream server.Stream, duration time.Duration) error {
	begin := time.Now()
	end := time.NewTimer(duration)
	defer end.Stop()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("recording: %w", context.Cause(ctx))
		case <-end.C:
			return nil
		case <-tick.C:
			if err := stream.Send(&pb.ProfileChunk{Elapsed: time.Since(begin).Seconds()}); err != nil {
				return err
			}
		}
	}
}

// boundedBuffer holds a profile and refuses what goes over its limit.
type boundedBuffer struct {
	bytes.Buffer
	limit int
}

// Write implements io.Writer.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if limits.Exceeded(b.Len()+len(p), b.limit) {
		return 0, fmt.Errorf("profile is over %d bytes: record a shorter time", b.limit)
	}
	return b.Buffer.Write(p)
}
