package grpc_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/grpc"
)

func TestNames(t *testing.T) {
	for _, c := range []struct{ service, endpoint, path string }{
		{"fleet.grpc", "Greeter.Hello", "/fleet.grpc.Greeter/Hello"},
		{"", "Greeter.Hello", "/Greeter/Hello"},
		{"fleet", "/a.b.Greeter/Hello", "/a.b.Greeter/Hello"},
		{"fleet", "Hello", "Hello"},
		{"fleet", "A.B.C", "A.B.C"},
	} {
		if got := grpc.Path(c.service, c.endpoint); got != c.path {
			t.Errorf("%s %s: %s, want %s", c.service, c.endpoint, got, c.path)
		}
	}
	for path, want := range map[string]string{
		"/fleet.grpc.Greeter/Hello": "Greeter.Hello", "/Greeter/Hello": "Greeter.Hello", "Greeter/Hello": "Greeter.Hello",
		"/Greeter": "", "/Greeter/": "", "//Hello": "", "": "", "/a./Hello": "",
	} {
		handler, method, ok := grpc.Endpoint(path)
		got := handler + "." + method
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// Errors of the framework come back whole; those of others get a code that means the same.
func TestErrorsThereAndBack(t *testing.T) {
	for _, code := range []int32{400, 401, 403, 404, 408, 409, 412, 418, 429, 500, 501, 503} {
		sent, _ := errs.As(errs.New("a.service", "what\nwent \xff wrong", code))
		got := grpc.FromStatus(grpc.ToStatus(sent), "me")
		if got.GetCode() != code || got.GetId() != "a.service" || got.GetStatus() != sent.GetStatus() || !strings.HasPrefix(got.GetDetail(), "what\nwent ") {
			t.Errorf("%d became %v", code, got)
		}
	}
	for code, want := range map[codes.Code]int32{
		codes.InvalidArgument: 400, codes.DeadlineExceeded: 408, codes.NotFound: 404, codes.AlreadyExists: 409, codes.PermissionDenied: 403,
		codes.Unauthenticated: 401, codes.FailedPrecondition: 412, codes.Unimplemented: 501, codes.Internal: 500, codes.Unavailable: 503,
		codes.Unknown: 500, codes.DataLoss: 500, codes.Canceled: 500,
	} {
		got := grpc.FromStatus(status.Error(code, "text"), "me")
		if got.GetCode() != want || got.GetId() != "me" || got.GetDetail() != "text" {
			t.Errorf("%v became %v", code, got)
		}
	}
	for err, want := range map[error]codes.Code{
		io.EOF: codes.OutOfRange, context.Canceled: codes.Canceled, context.DeadlineExceeded: codes.DeadlineExceeded,
		os.ErrNotExist: codes.NotFound, os.ErrExist: codes.AlreadyExists, os.ErrPermission: codes.PermissionDenied,
		errors.New("x"): codes.Unknown, status.Error(codes.Aborted, "x"): codes.Aborted,
	} {
		if got := status.Code(grpc.ToStatus(err)); got != want {
			t.Errorf("%v became %v, want %v", err, got, want)
		}
	}
	if long := grpc.ToStatus(errs.New("a", strings.Repeat("x", 1<<20), 500)); len(long.Error()) > 8<<10 {
		t.Errorf("an error of %d bytes", len(long.Error()))
	}
}
