package show_test

import (
	"errors"
	"fmt"
	"testing"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/views/show"
)

func TestFailureIsNoJSON(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("it left the registry"), "it left the registry"},
		{microerrors.Timeout("go.micro.client", "call timeout"), "408 Request Timeout: call timeout"},
		{fmt.Errorf("shop.cart: %w", microerrors.New("shop.cart", "recording: it ended", 0)), "recording: it ended"},
	} {
		if got := show.Failure(tt.err); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}
