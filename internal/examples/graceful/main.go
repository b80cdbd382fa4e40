// Command graceful stops while a call runs: the call is answered first.
package main

import (
	"context"
	"fmt"
	"log"
	"sync"
	"time"

	micro "github.com/microtop/microtop/framework"

	// MICRO_REGISTRY=file is for hosts without multicast.
	_ "github.com/microtop/microtop/framework/registry/file"
)

// Work is the message of both directions.
type Work struct{ Result string }

// Worker is a handler.
type Worker struct{ entered chan struct{} }

// Do takes its time.
func (w *Worker) Do(_ context.Context, _ *Work, rsp *Work) error {
	close(w.entered)
	time.Sleep(200 * time.Millisecond)
	rsp.Result = "finished"
	return nil
}

func main() {
	ctx, stop := context.WithCancel(context.Background()) // as SIGTERM would
	worker := &Worker{entered: make(chan struct{})}
	var call sync.WaitGroup
	service := micro.NewService(micro.Name("graceful"), micro.Context(ctx))
	service.Init(
		micro.AfterStart(func() error {
			call.Go(func() {
				c := service.Client()
				rsp := new(Work)
				err := c.Call(context.Background(), c.NewRequest("graceful", "Worker.Do", &Work{}), rsp)
				fmt.Println("answer:", rsp.Result, err)
			})
			call.Go(func() {
				<-worker.entered
				stop()
			})
			return nil
		}),
		micro.BeforeStop(func() error { fmt.Println("stopping"); return nil }),
		micro.AfterStop(func() error { call.Wait(); fmt.Println("stopped"); return nil }),
	)
	if err := micro.RegisterHandler(service.Server(), worker); err != nil {
		log.Fatal(err)
	}
	if err := service.Run(); err != nil {
		log.Fatal(err)
	}
}
