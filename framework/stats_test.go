package micro_test

import (
	"context"
	"errors"
	"testing"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	grpcclient "github.com/microtop/microtop/framework/client/grpc"
	pb "github.com/microtop/microtop/framework/debug/proto"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
	grpcserver "github.com/microtop/microtop/framework/server/grpc"
)

// Feed sends until its caller is gone.
type Feed struct{ ended chan error }

// Follow sends without end, and tells how it ended.
func (f *Feed) Follow(_ context.Context, stream server.Stream) error {
	if err := stream.Recv(new(pb.HealthRequest)); err != nil {
		return err
	}
	for {
		if err := stream.Send(&pb.HealthResponse{Status: "on"}); err != nil {
			f.ended <- err
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// Echo receives until its caller is gone.
func (f *Feed) Echo(_ context.Context, stream server.Stream) error {
	for {
		if err := stream.Recv(new(pb.HealthRequest)); err != nil {
			f.ended <- err
			return err
		}
		if err := stream.Send(&pb.HealthResponse{Status: "on"}); err != nil {
			return err
		}
	}
}

// Fail fails.
func (f *Feed) Fail(context.Context, *pb.HealthRequest, *pb.HealthResponse) error {
	return errors.New("out of order")
}

func TestACallThatItsCallerCancelsIsNoErrorOfTheService(t *testing.T) {
	for name, over := range map[string][]micro.Option{
		"mucp": nil,
		"grpc": {micro.Server(grpcserver.NewServer()), micro.Client(grpcclient.NewClient())},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			up := make(chan struct{})
			options := append([]micro.Option{}, over...) // the server first: the options below are its
			options = append(options, micro.Name("feed"), micro.Address("127.0.0.1:0"), micro.Registry(registry.NewMemoryRegistry()), micro.Context(ctx),
				micro.AfterStart(func() error { close(up); return nil }))
			s := micro.NewService(options...)
			feed := &Feed{ended: make(chan error, 1)}
			if err := micro.RegisterHandler(s.Server(), feed); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- s.Run() }()
			<-up
			request := func(endpoint string) client.Request {
				return s.Client().NewRequest("feed", endpoint, new(pb.HealthRequest), client.WithContentType("application/protobuf"))
			}
			errorsNow := func() uint64 {
				stats := new(pb.StatsResponse)
				if err := s.Client().Call(t.Context(), s.Client().NewRequest("feed", "Debug.Stats", new(pb.StatsRequest), client.WithContentType("application/protobuf")), stats); err != nil {
					t.Fatal(err)
				}
				return stats.GetErrors()
			}
			for _, endpoint := range []string{"Feed.Follow", "Feed.Echo"} {
				for range 10 {
					call, stop := context.WithCancel(t.Context())
					stream, err := s.Client().Stream(call, request(endpoint))
					if err == nil {
						err = stream.Send(new(pb.HealthRequest))
					}
					if err == nil {
						err = stream.Recv(new(pb.HealthResponse))
					}
					if err != nil {
						t.Fatalf("%s: %v", endpoint, err)
					}
					stop()
					_ = stream.Close()
					if err := <-feed.ended; err == nil {
						t.Errorf("%s: the handler saw no end", endpoint)
					}
				}
			}
			if err := s.Client().Call(t.Context(), request("Feed.Fail"), new(pb.HealthResponse), client.WithRetries(0)); err == nil {
				t.Error("Feed.Fail does not fail")
			}
			time.Sleep(20 * time.Millisecond) // a stream's handler is counted after it returned
			if n := errorsNow(); n != 1 {
				t.Errorf("%d errors, want the 1 of Feed.Fail", n)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
