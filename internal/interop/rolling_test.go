package interop_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/registry/registrytest"
)

// A fleet of three nodes is restarted by SIGTERM, one after the other, under load, while callers of both makes find them
// over mdns. Our callers lose no call. v4's callers, with their default retry, may lose a call that their own end puts on a
// connection at the instant it closes: at most 5 in 10 000, or 3 in the few of a short run. NIGHTLY=1 takes a minute instead
// of twelve seconds.
func TestRollingRestartOfAMixedFleet(t *testing.T) {
	registrytest.Multicast(t) // v4's only built-in registry is mdns
	seconds := 12
	if os.Getenv("NIGHTLY") == "1" {
		seconds = 60
	}
	name := uniqueName("rolling")
	var nodes [3]*served
	for i := range nodes {
		nodes[i] = serveProgram(t, "ours", name, "")
	}
	for _, client := range []string{"ours", "v4"} { // both find it before the load starts
		eventually(t, "the fleet is found", func() bool {
			_, _, status := command(t, program(t, client), "", "hello", name)
			return status == 0
		})
	}
	type result struct {
		client        string
		Calls, Failed int
		Errors        map[string]int
	}
	results := make(chan result, 2)
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	for _, client := range []string{"ours", "v4"} {
		go func() {
			r := result{client: client}
			out, errOut, status := command(t, program(t, client), "", "load", name, time.Until(end).Round(time.Second).String())
			if err := json.Unmarshal([]byte(out), &r); err != nil || status != 0 {
				t.Errorf("%s load: status %d, %v\n%s%s", client, status, err, out, errOut)
			}
			results <- r
		}()
	}
	restarts := 0
	for i := 0; time.Until(end) > 3*time.Second; i++ {
		time.Sleep(time.Second)
		node := nodes[i%len(nodes)]
		node.stop()
		nodes[i%len(nodes)] = serveProgram(t, "ours", name, "")
		restarts++
	}
	for range 2 {
		r := <-results
		t.Logf("%s caller: %d of %d calls failed in %d restarts", r.client, r.Failed, r.Calls, restarts)
		allowed := 0
		if r.client == "v4" {
			allowed = max(3, 5*r.Calls/10_000)
		}
		if r.Failed > allowed || r.Calls < 1000 {
			t.Errorf("%s caller: %d of %d failed, at most %d may: %v", r.client, r.Failed, r.Calls, allowed, r.Errors)
		}
	}
}
