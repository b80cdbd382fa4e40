// Package redistest runs a redis server for a test. Start with [Start].
package redistest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// startTime is how long a server may take to answer.
const startTime = 10 * time.Second

// guard runs the server and ends it when its own standard input ends: also when the test dies without cleaning up.
const guard = `"$@" >/dev/null 2>&1 & server=$!; read -r end; kill -9 $server; wait $server 2>/dev/null`

// Start runs redis-server on a free loopback port until the test ends, with extra arguments, and returns its
// address. Nothing is kept on disk. Without the program on the PATH the test is skipped; with REQUIRE_SERVERS=1 it fails.
func Start(t testing.TB, args ...string) string {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	switch {
	case err == nil:
	case os.Getenv("REQUIRE_SERVERS") == "1":
		t.Fatalf("no redis-server, and REQUIRE_SERVERS=1: %v", err)
	default:
		t.Skipf("not run: no redis-server: %v", err)
	}
	for range 3 { // another program may take the port first
		if addr := start(t, binary, args); addr != "" {
			return addr
		}
	}
	t.Fatalf("redis-server does not answer within %v", startTime)
	return ""
}

func start(t testing.TB, binary string, args []string) string {
	t.Helper()
	host, port := freePort(t)
	command := []string{"-c", guard, "sh", binary, "--bind", host, "--port", port, "--save", "", "--dir", t.TempDir()}
	server := exec.Command("sh", append(command, args...)...) //nolint:noctx // it ends with the test
	stdin, err := server.StdinPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	stop := func() {
		_ = stdin.Close()
		_ = server.Wait() // what the guard's shell says of the killed server does not matter
	}
	addr := net.JoinHostPort(host, port)
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if Do(addr, "PING") == "+PONG" {
			t.Cleanup(stop)
			return addr
		}
	}
	stop()
	return ""
}

// lastPort is the last one that a server of a cluster takes: it listens on the one 10,000 above, too.
const lastPort = 65535 - 10_000

func freePort(t testing.TB) (host, port string) {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a local test
		if err != nil {
			t.Fatal(err)
		}
		at := l.Addr().(*net.TCPAddr) //nolint:forcetypeassert // what was asked for
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if at.Port <= lastPort {
			return at.IP.String(), strconv.Itoa(at.Port)
		}
	}
	t.Fatalf("the system gives no port up to %d", lastPort)
	return "", ""
}

// Do sends one inline command to the server and returns the first line of its answer; "" if there was none.
func Do(addr string, command ...string) string {
	c, err := net.DialTimeout("tcp", addr, time.Second) //nolint:noctx // a local test
	if err != nil {
		return ""
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	if _, err := fmt.Fprintf(c, "%s\r\n", strings.Join(command, " ")); err != nil {
		return ""
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimSpace(line)
}
