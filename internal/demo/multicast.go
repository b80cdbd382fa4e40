package demo

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/microtop/microtop/framework/registry"
)

const (
	// probeName and probeDomain keep the probe out of everybody's listings.
	probeName   = "microtop.probe"
	probeDomain = "microtop-probe"
	// probeTries is how often the probe is asked for, for probeWait each.
	probeTries = 5
	probeWait  = 200 * time.Millisecond
)

// multicast says what is wrong with mdns on this host: what one process announces has to reach another one. Nil means
// that it works.
func multicast() (err error) {
	announcer := registry.NewRegistry(registry.Domain(probeDomain))
	node := &registry.Node{Id: probeName + "-" + strconv.Itoa(os.Getpid()), Address: "127.0.0.1:9"}
	probe := &registry.Service{Name: probeName, Version: "1", Nodes: []*registry.Node{node}}
	if err := announcer.Register(probe); err != nil {
		return fmt.Errorf("announce over multicast: %w", err)
	}
	defer func() { err = errors.Join(err, announcer.Deregister(probe)) }()
	asker := registry.NewRegistry(registry.Domain(probeDomain), registry.Timeout(probeWait))
	for range probeTries {
		found, err := asker.GetService(probeName)
		if err != nil && !errors.Is(err, registry.ErrNotFound) {
			return fmt.Errorf("ask over multicast: %w", err)
		}
		if len(found) > 0 {
			return nil
		}
	}
	return errors.New("what is announced over multicast does not come back")
}
