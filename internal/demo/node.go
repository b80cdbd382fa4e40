package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/server"
	grpcserver "github.com/microtop/microtop/framework/server/grpc"
)

// NodeCommand is the program's first argument when it is to be a node of the fleet. [RunNode] takes the others.
const NodeCommand = "demo-node"

// What a node's metadata says beside what the framework adds.
const (
	fleetKey = "demo" // the process id of the fleet that the node belongs to
	partKey  = "part" // which part it plays: "shop.catalog-2"
	pidKey   = "pid"
)

const (
	// nodeTTL and nodeInterval keep the registry fresher than the defaults: a fleet of one host can afford it, and a
	// node that was killed is gone from it sooner.
	nodeTTL      = 30 * time.Second
	nodeInterval = 10 * time.Second
	// drainTime is how long a node waits for what runs when it leaves.
	drainTime = 8 * time.Second
)

// errLeft says that a node left while its fleet goes on. The runtime takes it as a failure, and starts the node again.
var errLeft = errors.New("left the fleet, to come back")

// nodeConfig is what a node is told on its command line.
type nodeConfig struct {
	part
	where
	dir   string // the fleet's folder
	fleet int    // its process id
}

func (c *nodeConfig) flags() *flag.FlagSet {
	set := flag.NewFlagSet(NodeCommand, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&c.id, "part", "", "part in the fleet")
	set.StringVar(&c.service, "service", "", "service to play")
	set.StringVar(&c.version, "version", "", "its version")
	set.DurationVar(&c.stay, "stay", 0, "leave after this time")
	set.StringVar(&c.registry, "registry", "", "registry")
	set.StringVar(&c.address, "registry-address", "", "registry address")
	set.StringVar(&c.dir, "dir", "", "folder of the fleet")
	set.IntVar(&c.fleet, "fleet", 0, "process id of the fleet")
	return set
}

// args is the command line that flags reads.
func (c *nodeConfig) args() []string {
	return []string{
		"-part", c.id, "-service", c.service, "-version", c.version, "-stay", c.stay.String(),
		"-registry", c.registry, "-registry-address", c.address, "-dir", c.dir, "-fleet", strconv.Itoa(c.fleet),
	}
}

// RunNode plays one node of a fleet until standard input ends, or ctx, or a signal tells it to. The process is to exit
// when it returns, with a status that says whether there was an error. Any end but that of standard input is one: the
// fleet goes on, and starts the node again.
func RunNode(ctx context.Context, args []string) error {
	var c nodeConfig
	if err := c.flags().Parse(args); err != nil {
		return fmt.Errorf("%s: %w", NodeCommand, err)
	}
	start, ok := plays()[c.service]
	if !ok {
		return fmt.Errorf("%s: the shop has no service %q", NodeCommand, c.service)
	}
	signal.Ignore(syscall.SIGPIPE)                             // the log's reader may be gone before this node has left in good order
	told, enough := signal.NotifyContext(ctx, syscall.SIGTERM) // beside the service, which takes it too
	defer enough()
	line := hold(os.Stdin, c.fleet)
	err := c.perform(ctx, start, line)
	if line.lost(told) {
		clearUp(c.dir)
	}
	if err == nil && !line.ended() {
		return errLeft
	}
	return err
}

// perform runs the node's service until ctx or the lifeline ends, or its time is over.
func (c *nodeConfig) perform(ctx context.Context, start play, line *lifeline) error {
	serving, leave := context.WithCancel(ctx)
	defer leave()
	if c.stay > 0 {
		timer := time.AfterFunc(c.stay, leave)
		defer timer.Stop()
	}
	watching, enough := context.WithCancel(context.WithoutCancel(ctx))
	var watch sync.WaitGroup
	defer watch.Wait()
	defer enough()
	late := make(chan struct{})
	watch.Go(func() {
		if line.overdue(watching, leave) {
			close(late)
		}
	})
	done := make(chan error, 1)
	go func() { done <- c.serve(serving, start) }() // ends before perform does, or with the process
	select {
	case err := <-done:
		return err
	case <-late:
		return errors.New("could not leave in time after the fleet was gone")
	}
}

// protocol chooses what the node speaks: callers find it in the registry, and speak it too.
func (c *nodeConfig) protocol() []micro.Option {
	opts := []micro.Option{micro.Client(newClient())}
	if c.service == overGRPC {
		opts = append(opts, micro.Server(grpcserver.NewServer()))
	}
	return opts
}

// serve runs the service and what it does in the background.
func (c *nodeConfig) serve(ctx context.Context, start play) error {
	log := logger.NewLogger(logger.WithOutput(os.Stdout))
	service := micro.NewService(append(c.protocol(),
		micro.Name(c.service),
		micro.Version(c.version),
		micro.Address("127.0.0.1:0"),
		micro.Registry(c.open(log)),
		micro.Metadata(map[string]string{fleetKey: strconv.Itoa(c.fleet), partKey: c.id, pidKey: strconv.Itoa(os.Getpid())}),
		micro.RegisterTTL(nodeTTL),
		micro.RegisterInterval(nodeInterval),
		micro.Context(ctx),
	)...)
	err := errors.Join(service.Server().Init(server.DrainTimeout(drainTime)), service.Client().Init(client.ContentType(contentType)))
	if err != nil {
		return err
	}
	beside, err := start(service)
	if err != nil {
		return err
	}
	if beside != nil {
		running, stop := context.WithCancel(ctx)
		var work sync.WaitGroup
		defer work.Wait()
		defer stop()
		work.Go(func() { beside(running) })
	}
	return service.Run()
}
