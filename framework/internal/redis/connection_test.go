package redis_test

import (
	"errors"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/internal/redis"
	"github.com/microtop/microtop/framework/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConnectionMakesOneClient(t *testing.T) {
	addr := redistest.Start(t)
	var c redis.Connection
	first, err := c.Client([]string{addr}, nil)
	if err != nil || first.Ping(t.Context()).Err() != nil {
		t.Fatalf("Client: %v", err)
	}
	if again, err := c.Client([]string{"elsewhere:1"}, nil); again != first || err != nil {
		t.Errorf("a second client: %v, %v", again, err)
	}
	if err := c.Reset(); err != nil {
		t.Fatal(err)
	}
	if err := first.Ping(t.Context()).Err(); !errors.Is(err, goredis.ErrClosed) {
		t.Errorf("the first client after Reset: %v", err)
	}
	if again, err := c.Client([]string{"redis://" + addr}, nil); again == first || err != nil || again.Ping(t.Context()).Err() != nil {
		t.Errorf("after Reset: %v, %v", again, err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Client([]string{addr}, nil); !errors.Is(err, redis.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestCustomOptionsAreNotKept(t *testing.T) {
	var c redis.Connection
	defer func() { _ = c.Close() }()
	custom := &goredis.UniversalOptions{}
	if _, err := c.Client(nil, custom); err != nil || len(custom.Addrs) > 0 {
		t.Errorf("the caller's options: %+v, %v", custom.Addrs, err)
	}
}
