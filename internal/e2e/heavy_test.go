package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/internal/termshot"
)

// heavyCommand is the first argument of this test binary when it is to be a node of the service heavy. The second is the
// registry's folder.
const heavyCommand = "heavy-node"

// Want says how much is to come: megabytes of an answer, or messages of a stream.
type Want struct{ Megabytes, Messages int }

// Page is an answer.
type Page struct{ Rows []string }

// Row is a message of a stream.
type Row struct {
	Number int
	Text   string
}

// Heavy is a service that answers with more than a screen can show.
type Heavy struct{}

// Page answers with rows of 64 bytes, quotes and comma included, so that the whole has as many megabytes as are wanted.
func (*Heavy) Page(_ context.Context, want *Want, page *Page) error {
	page.Rows = slices.Repeat([]string{strings.Repeat("x", 61)}, want.Megabytes<<20/64-1)
	return nil
}

// Flood sends numbered rows as fast as they go.
func (*Heavy) Flood(_ context.Context, stream server.Stream) error {
	var want Want
	if err := stream.Recv(&want); err != nil {
		return err
	}
	text := strings.Repeat("x", 200)
	for i := range want.Messages {
		if err := stream.Send(&Row{Number: i, Text: text}); err != nil {
			return err
		}
	}
	return nil
}

// openHeavy opens the console beside a node of heavy.
func openHeavy(t *testing.T) *console {
	t.Helper()
	c := startConsole(t, 120, 36, "--timeout", "60s")
	c.sees("no services in")
	node := exec.Command(os.Args[0], heavyCommand, c.registry)
	node.Stderr = os.Stderr
	stdin, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(stdout)
	for said.Scan() && said.Text() != "up" { // it logs there too
	}
	ended := make(chan error, 1)
	go func() {
		for said.Scan() {
		}
		ended <- node.Wait()
	}()
	t.Cleanup(func() {
		_ = stdin.Close() // its end ends the node
		if err := <-ended; err != nil {
			t.Errorf("the node ended with %v", err)
		}
	})
	c.sees("heavy")
	return c
}

// latencies are how long keys took until the screen showed them.
type latencies []time.Duration

func (l latencies) percentile(p int) time.Duration {
	sorted := slices.Sorted(slices.Values(l))
	return sorted[max((len(sorted)*p+99)/100-1, 0)]
}

// press presses a key and waits until the screen shows what it does.
func (c *console) press(key string, shown func(screen string) bool) time.Duration {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	begin := time.Now()
	if err := c.Play(ctx, key); err != nil {
		c.t.Fatal(err)
	}
	if err := c.WaitFor(ctx, shown); err != nil {
		c.t.Fatalf("%q shows nothing: %v", key, err)
	}
	return time.Since(begin)
}

// types types spaces into the first line of the JSON that is being edited, whose cursor is at a column, at least so many
// and while going is true.
func (c *console) types(column *int, least int, going func(screen string) bool) latencies {
	c.t.Helper()
	var took latencies
	for len(took) < least || going(c.Screen()) {
		*column++
		took = append(took, c.press("<space>", termshot.Contains(fmt.Sprintf("1:%d ", *column))))
	}
	return took
}

// enough is said of the least number of keys.
func enough(string) bool { return false }

// peak is the most memory that the program ever held, in bytes.
func (c *console) peak() int {
	c.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Pid()))
	if os.IsNotExist(err) {
		c.t.Skip("not run: no /proc to read memory from")
	}
	if err != nil {
		c.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		c.t.Fatal(err)
	}
	return kilobytes << 10
}

// holds checks the time from a key to what it shows, and the memory held, and prints both. The nightly run holds it to the
// goal, or to twice what a key takes while nothing comes; on a busy machine only a console that hangs is wrong.
func (c *console) holds(what string, during, quiet latencies, peakLimit int) {
	c.t.Helper()
	limit := span(2*time.Second, max(50*time.Millisecond, 2*quiet.percentile(99)))
	peak := c.peak()
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	c.t.Logf(`{"id": %q, "keys": %d, "keyToFrameP50Ms": %.1f, "keyToFrameP99Ms": %.1f, "quietP99Ms": %.1f, "goalMs": 50, "limitMs": %d, "peakMB": %d, "peakLimitMB": %d}`,
		what, len(during), ms(during.percentile(50)), ms(during.percentile(99)), ms(quiet.percentile(99)), limit.Milliseconds(), peak>>20, peakLimit>>20)
	if p99 := during.percentile(99); p99 > limit {
		c.t.Errorf("%s: a key takes %v to show, p99", what, p99)
	}
	if peak > peakLimit {
		c.t.Errorf("%s: the console held %d MB", what, peak>>20)
	}
}

// An answer of 64 MB is cut and that is said, one that is larger is refused in words, and neither costs a key or more memory
// than a few times its size.
func TestAnAnswerOf64MegabytesInATerminal(t *testing.T) {
	c := openHeavy(t)
	c.keys(`:call heavy Heavy.Page {"Megabytes":64}<enter><until e2e_test.Want 20s><ctrl+r><until request as JSON 20s><home>`)
	column := 1
	quiet := c.types(&column, 30, enough)
	c.keys("<ctrl+s>")
	c.sees("calling")
	during := c.types(&column, 30, termshot.Contains("calling"))
	c.sees("200 OK", "kept the first 8.0 MB of 64 MB", `"Rows": [`, `"xxxxxxxxxx`)
	c.holds("answer of 64 MB", during, quiet, 384<<20)

	c.keys(`<esc>:call heavy Heavy.Page {"Megabytes":80}<enter><until Megabytes 20s><until nothing sent yet 20s><until e2e_test.Want 20s><ctrl+s>`)
	c.sees("message over 67108864 bytes")
	c.keys("<esc><esc>:services<enter>")
	c.sees("SERVICE")
	c.quits(nil)
}

// While 100,000 messages come from a service as fast as they go, keys show at once, all messages are counted, the newest are
// kept, and memory stays bounded.
func TestAStreamOf100000MessagesInATerminal(t *testing.T) {
	const messages = 100_000
	c := openHeavy(t)
	c.keys(`:stream heavy Heavy.Flood {"Messages":100000}<enter><until Open and send 20s><wait 200ms><home>`)
	column := 1
	quiet := c.types(&column, 30, enough)
	flowing := func(screen string) bool { return !strings.Contains(screen, "the service ended the stream") }
	c.keys("<ctrl+s>")
	during := c.types(&column, 30, flowing)
	c.sees("ended", "received 100000 ", "the service ended the stream", `"Number":99999,`)
	kept, dropped, hidden := c.number(`kept (\d+)`), c.number(`kept \d+, dropped (\d+)`), c.number(`not shown (\d+)`)
	const own, most = 2, 10_000 // the message that was sent and the word of the end; what is kept, which is all while there is room
	if kept+dropped-own+hidden != messages || kept > most || dropped > 0 && kept < most {
		t.Errorf("%d lines kept, %d dropped, %d not shown: not %d messages", kept, dropped, hidden, messages)
	}
	c.holds("stream of 100,000 messages, typing", during, quiet, 256<<20)

	// The same beside a search in what has come.
	c.keys("<esc>")
	var searching latencies
	for range int(span(1, 5)) {
		c.press("<ctrl+s>", func(screen string) bool { return !strings.Contains(screen, "received 100000 ") }) // the one before
		typed := "/"
		c.keys("/")
		for _, letter := range "Number" {
			typed += string(letter)
			searching = append(searching, c.press(string(letter), termshot.Contains(typed)))
		}
		c.keys("<enter>")
		for range 10 {
			searching = append(searching, c.press("<space>", termshot.Contains("paused")), c.press("f", termshot.Contains("following")))
		}
		c.sees("ended", "received 100000 ")
		c.keys("/<ctrl+u><enter>")
	}
	c.holds("stream of 100,000 messages, searching", searching, quiet, 256<<20)
	c.keys("<esc>:services<enter>")
	c.sees("SERVICE")
	c.quits(nil)
}

// number is what the screen says as one, 0 if it does not say it.
func (c *console) number(pattern string) int {
	c.t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(c.Screen())
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}
