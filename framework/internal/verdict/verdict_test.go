package verdict_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/verdict"
)

func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want verdict.Verdict
	}{
		"success":               {nil, verdict.Well},
		"the caller gave up":    {fmt.Errorf("call: %w", context.Canceled), verdict.Unknown},
		"a plain error":         {errors.New("connection refused"), verdict.Failing},
		"the client's timeout":  {microerrors.Timeout("go.micro.client", "call timeout"), verdict.Failing},
		"a handler's timeout":   {microerrors.Timeout("shop", "slow"), verdict.Well},
		"a handler's 404":       {microerrors.NotFound("shop", "no such item"), verdict.Well},
		"an unavailable answer": {microerrors.New("shop", "draining", 503), verdict.Failing},
	} {
		if got := verdict.Of(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
