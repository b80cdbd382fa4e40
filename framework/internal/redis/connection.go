// Package redis is what the plug-ins for redis share: from addresses to a client that connects when it is first used.
// Start with [New].
package redis

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// defaultAddr is where redis is when nobody says.
const defaultAddr = "127.0.0.1:6379"

// ErrClosed says that the connection was closed.
var ErrClosed = errors.New("closed")

// Connection makes one client, when it is first asked for. It is safe for concurrent use.
type Connection struct {
	mu     sync.Mutex
	client redis.UniversalClient
	closed bool
}

// Client returns the client, made from what the options say if there is none yet: custom if it is not nil, else
// addrs. One address is host:port, or a URL (redis://user:password@host:port/db, rediss:// for TLS, unix://…);
// several are the host:port of a cluster's nodes; none is 127.0.0.1:6379.
func (c *Connection) Client(addrs []string, custom *redis.UniversalOptions) (redis.UniversalClient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if c.client == nil {
		client, err := connect(addrs, custom)
		if err != nil {
			return nil, err
		}
		c.client = client
	}
	return c.client, nil
}

// Reset lets the client go, so that the next call makes a new one from the options as they are then.
func (c *Connection) Reset() error {
	c.mu.Lock()
	client := c.client
	c.client = nil
	c.mu.Unlock()
	if client == nil {
		return nil
	}
	return client.Close()
}

// Close ends the connection for good. It may be called again.
func (c *Connection) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	return c.Reset()
}

func connect(addrs []string, custom *redis.UniversalOptions) (redis.UniversalClient, error) {
	switch {
	case custom != nil:
		mine := *custom
		return redis.NewUniversalClient(&mine), nil
	case len(addrs) == 0:
		addrs = []string{defaultAddr}
	case strings.Contains(addrs[0], "://"):
		return connectURL(addrs)
	}
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: addrs, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}), nil
}

func connectURL(addrs []string) (redis.UniversalClient, error) {
	if len(addrs) > 1 {
		return nil, errors.New("give one URL, or the host:port of each node of a cluster")
	}
	o, err := redis.ParseURL(addrs[0])
	if err != nil { // its text may hold the password
		return nil, fmt.Errorf("the address is no redis URL: write it as redis://user:password@host:port/db")
	}
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(o), nil
}
