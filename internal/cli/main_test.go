package cli_test

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/registry/file"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"github.com/microtop/microtop/internal/cli"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) {
	config, err := os.MkdirTemp("", "config")
	if err != nil {
		panic(err)
	}
	_ = os.Setenv("XDG_CONFIG_HOME", config) // not the user's contexts
	for _, name := range []string{"MICROTOP_CONTEXT", "MICRO_REGISTRY", "MICRO_REGISTRY_ADDRESS", "MICRO_BROKER", "MICRO_BROKER_ADDRESS", "MICRO_DEBUG_TOKEN", "MICRO_PROXY"} {
		_ = os.Unsetenv(name) // the names are valid
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		_ = os.RemoveAll(config)
		os.Exit(status)
	}))
}

// Evil answers with what a terminal would obey.
type Evil struct{}

const escapes = "\x1b]52;c;aGk=\a\x1b[2J\u009b31m\u202etxt\r\n\x7f"

// Say answers.
func (*Evil) Say(_ context.Context, _ *string, rsp *string) error { *rsp = escapes; return nil }

// Fail fails.
func (*Evil) Fail(context.Context, *string, *string) error {
	return errors.BadRequest("evil", "%s", escapes)
}

// world is a file registry with a service in this process.
type world struct {
	dir     string
	service micro.Service
	runs    atomic.Int64
}

func newWorld(t *testing.T, opts ...micro.Option) *world {
	t.Helper()
	w := &world{dir: filepath.Join(t.TempDir(), "registry")}
	r := file.NewRegistry(registry.Addrs(w.dir))
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan struct{}), make(chan error, 1)
	w.service = micro.NewService(append([]micro.Option{
		micro.Name(fleet.Service), micro.Version("1.0.0"), micro.Address("127.0.0.1:0"), micro.Registry(r),
		micro.Broker(broker.NewBroker(broker.Registry(r))), micro.HandleSignal(false), micro.Context(ctx), micro.WrapHandler(w.count),
		micro.AfterStart(func() error { close(started); return nil }),
	}, opts...)...)
	s := w.service.Server()
	for _, err := range []error{
		micro.RegisterHandler(s, new(fleet.Greeter)),
		micro.RegisterHandler(s, new(fleet.Streamer), server.HandlerDescriptor(fleet.File_framework_server_servertest_fleet_fleet_proto.Services().ByName("Streamer"))),
		micro.RegisterHandler(s, new(fleet.Shop)),
		micro.RegisterHandler(s, new(Evil)),
		micro.RegisterSubscriber("greetings", s, func(context.Context, *fleet.Event) error { return nil }),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	go func() { ended <- w.service.Run() }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-started:
	case <-time.After(10 * time.Second):
		t.Fatal("the service does not start")
	}
	return w
}

func (w *world) count(next server.HandlerFunc) server.HandlerFunc {
	return func(ctx context.Context, req server.Request, rsp any) error {
		w.runs.Add(1)
		return next(ctx, req, rsp)
	}
}

func (w *world) log(lines ...string) {
	for _, line := range lines {
		w.service.Options().Logger.Log(logger.InfoLevel, line)
	}
}

// claim registers a node that is not what it says.
func (w *world) claim(t *testing.T, s *registry.Service) {
	t.Helper()
	r := file.NewRegistry(registry.Addrs(w.dir))
	if err := r.Register(s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Deregister(s); err != nil {
			t.Error(err)
		}
	})
}

// outcome is what a command did.
type outcome struct {
	code     int
	out, err string
}

// run runs a command on the world's registry.
func (w *world) run(t *testing.T, args ...string) outcome {
	t.Helper()
	return w.feed(t, "", args...)
}

// feed runs a command with standard input.
func (w *world) feed(t *testing.T, in string, args ...string) outcome {
	t.Helper()
	return run(t, in, append([]string{"--registry", "file", "--registry-address", w.dir}, args...)...)
}

func run(t *testing.T, in string, args ...string) outcome {
	t.Helper()
	var out, errOut bytes.Buffer
	code := cli.Main(args, strings.NewReader(in), &out, &errOut)
	return outcome{code, out.String(), errOut.String()}
}

// buffer is an output that can be read while it is written.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// started is a command that runs.
type started struct {
	out, err buffer
	code     chan int
}

func (w *world) start(in io.Reader, args ...string) *started {
	s := &started{code: make(chan int, 1)}
	go func() {
		s.code <- cli.Main(append([]string{"--registry", "file", "--registry-address", w.dir}, args...), in, &s.out, &s.err)
	}()
	return s
}

// ends waits for the command and returns its status.
func (s *started) ends(t *testing.T) int {
	t.Helper()
	select {
	case code := <-s.code:
		return code
	case <-time.After(10 * time.Second):
		t.Fatalf("the command goes on; it said:\n%s%s", &s.out, &s.err)
		return -1
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(8 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come", what)
		}
	}
}

// status fails the test if a command ended otherwise than it should.
func (o outcome) status(t *testing.T, want int) outcome {
	t.Helper()
	if o.code != want {
		t.Fatalf("status %d, want %d\n%s%s", o.code, want, o.out, o.err)
	}
	return o
}

// unsteady are the parts of an output that differ from run to run.
var unsteady = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`("durationMs": ?)[0-9.]+`), "${1}MS"},
	{regexp.MustCompile(`("(uptimeMs|memory|goroutines|gcPauseMs|requests)": ?)[0-9.]+`), "${1}N"},
}

// golden compares an output with testdata/name, but for what is unsteady.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, u := range unsteady {
		got = u.pattern.ReplaceAllString(got, u.with)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
