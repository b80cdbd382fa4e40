package interop_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// generatedCaller serves and calls through generated code.
const generatedCaller = `package main

import (
	"context"
	"fmt"
	"os"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/errors"

	debug "moved/generated"
)

type handler struct{}

func (handler) Log(ctx context.Context, req *debug.LogRequest, stream debug.Debug_LogStream) error {
	for i := int64(1); i <= req.Count; i++ {
		if err := stream.Send(&debug.Record{Timestamp: i, Message: req.Service}); err != nil {
			return err
		}
	}
	return nil
}

func (handler) Health(ctx context.Context, req *debug.HealthRequest, rsp *debug.HealthResponse) error {
	rsp.Status = "well, " + req.Service
	return nil
}

func (handler) Stats(ctx context.Context, req *debug.StatsRequest, rsp *debug.StatsResponse) error {
	return errors.New("generated", "short and stout", 418)
}

func (handler) Trace(context.Context, *debug.TraceRequest, *debug.TraceResponse) error { return nil }

func main() {
	if err := run(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run() error {
	service := micro.NewService(micro.Name("generated"), micro.Address("127.0.0.1:0"))
	if err := debug.RegisterDebugHandler(service.Server(), handler{}); err != nil {
		return err
	}
	if err := service.Server().Start(); err != nil {
		return err
	}
	at := client.WithAddress(service.Server().Options().Address)
	c := debug.NewDebugService("generated", service.Client())
	health, err := c.Health(context.Background(), &debug.HealthRequest{Service: "Ann"}, at)
	if err != nil {
		return err
	}
	fmt.Println(health.Status)
	_, err = c.Stats(context.Background(), &debug.StatsRequest{}, at)
	fmt.Println(errors.FromError(err).Code)
	stream, err := c.Log(context.Background(), &debug.LogRequest{Service: "line", Count: 3}, at)
	if err != nil {
		return err
	}
	for {
		record, err := stream.Recv()
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Println(record.Message, record.Timestamp)
	}
	if err := stream.Close(); err != nil {
		return err
	}
	fmt.Println(len(debug.NewDebugEndpoints()), "endpoints with an HTTP side")
	return service.Server().Stop()
}
`

// Code that protoc-gen-micro made for go-micro compiles with nothing but its import paths changed: the handler interface
// and its registration (A010), typed clients (A011), an implementation of the interface (A012). The specimen is v4.9.0's
// own debug.pb.micro.go.
func TestA010_A011_A012_GeneratedCode(t *testing.T) {
	v4, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "go-micro.dev/v4").Output()
	if err != nil {
		t.Fatal(err)
	}
	module := t.TempDir()
	if err := moveModule(module); err != nil {
		t.Fatal(err)
	}
	generated := filepath.Join(module, "generated")
	if err := moveSources(filepath.Join(strings.TrimSpace(string(v4)), "debug", "proto"), generated); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(module, "main.go"), []byte(generatedCaller), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := buildMoved(module, ".", "program-generated")
	if err != nil {
		t.Fatal(err)
	}
	out, errOut, status := command(t, path, "")
	const want = "well, Ann\n418\nline 1\nline 2\nline 3\nEOF\n0 endpoints with an HTTP side\n"
	if status != 0 || !strings.Contains(out, want) {
		t.Errorf("status %d, got %q, want %q\n%s", status, out, want, errOut)
	}
}
