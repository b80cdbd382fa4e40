package errors_test

import (
	stderrors "errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/microtop/microtop/framework/errors"
)

func TestErrorJSON(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("fleet.greeter", "short and stout", 418), `{"id":"fleet.greeter","code":418,"detail":"short and stout","status":"I'm a teapot"}`},
		{errors.BadRequest("a", "no %s", "name"), `{"id":"a","code":400,"detail":"no name","status":"Bad Request"}`},
		{errors.Timeout("a", "100%"), `{"id":"a","code":408,"detail":"100%","status":"Request Timeout"}`},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		if diff := cmp.Diff(c.err, error(errors.Parse(c.want)), protocmp.Transform()); diff != "" {
			t.Errorf("Parse (-want +got):\n%s", diff)
		}
	}
}

func TestParsePlainText(t *testing.T) {
	e := errors.Parse("rpc: can't find service X")
	if e.Code != 0 || e.Detail != "rpc: can't find service X" || e.Retryable() {
		t.Errorf("got %+v", e)
	}
}

func TestFromErrorFindsWrapped(t *testing.T) {
	wrapped := fmt.Errorf("call: %w", errors.NotFound("svc", "gone"))
	if e := errors.FromError(wrapped); e.Code != 404 || e.Id != "svc" {
		t.Errorf("got %+v", e)
	}
	if !stderrors.Is(wrapped, &errors.Error{Code: 404}) || stderrors.Is(wrapped, &errors.Error{Code: 404, Id: "other"}) {
		t.Error("errors.Is ignores code or id")
	}
	if errors.FromError(nil) != nil {
		t.Error("nil became an error")
	}
}

func TestEqual(t *testing.T) {
	plain := stderrors.New("x")
	for _, c := range []struct {
		a, b error
		want bool
	}{
		{errors.NotFound("a", "x"), errors.NotFound("b", "y"), true},
		{errors.NotFound("a", "x"), errors.Conflict("a", "x"), false},
		{plain, plain, true},
		{plain, errors.NotFound("a", "x"), false},
		{nil, nil, true},
	} {
		if got := errors.Equal(c.a, c.b); got != c.want {
			t.Errorf("Equal(%v, %v) = %v", c.a, c.b, got)
		}
	}
}

func TestMultiError(t *testing.T) {
	m := errors.NewMultiError()
	if m.HasErrors() {
		t.Error("empty has errors")
	}
	m.Append(errors.Parse("one"))
	m.Append(errors.Parse("two"))
	if got := m.Error(); got != "{\"detail\":\"one\"}\n{\"detail\":\"two\"}" || !m.HasErrors() {
		t.Errorf("got %q", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"id":"a","code":500,"detail":"d","status":"s"}`)
	f.Add(`null`)
	f.Add(`[]`)
	f.Add(`{"code":99999999999}`)
	f.Fuzz(func(t *testing.T, text string) {
		e := errors.Parse(text)
		if e == nil {
			t.Fatal("nil")
		}
		_ = e.Error()
	})
}
