package file_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/store/file"
)

// writerDir and writerRound tell this program, started again as a child, to write records until it is killed.
const (
	writerDir   = "STORE_FILE_TEST_DIR"
	writerRound = "STORE_FILE_TEST_ROUND"
)

const writers = 16

// roundWrites is how many records a round writes if it is not killed before.
func roundWrites() int {
	if os.Getenv("NIGHTLY") == "1" {
		return 10_000
	}
	return 2000
}

// value is what the record of a key holds: enough to see a torn one.
func value(key string) string { return strings.Repeat(key+";", 20) }

// writeUntilKilled writes the records of a round and says on standard output, a line each, what was acknowledged.
func writeUntilKilled() int {
	s := file.NewStore(file.DirOption(os.Getenv(writerDir)))
	round, writes := os.Getenv(writerRound), roundWrites()
	var wg sync.WaitGroup
	var out sync.Mutex
	for w := range writers {
		wg.Go(func() {
			for i := w; i < writes; i += writers {
				key := round + "/" + strconv.Itoa(i)
				err := s.Write(&store.Record{Key: key, Value: []byte(value(key))})
				out.Lock()
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				_, _ = io.WriteString(os.Stdout, key+"\n")
				out.Unlock()
			}
		})
	}
	wg.Wait()
	fmt.Println("all written")
	return 0
}

func TestKillNineKeepsEveryAcknowledgedRecord(t *testing.T) {
	rounds := 2
	switch {
	case os.Getenv("NIGHTLY") == "1":
		rounds = 20
	case testing.Short():
		rounds = 1
	}
	dir := t.TempDir()
	var acknowledged []string
	inTheMiddle, damaged := 0, 0
	for round := range rounds {
		acks, killed := killedWriter(t, dir, round)
		if killed {
			inTheMiddle++
		}
		acknowledged = append(acknowledged, acks...)
		if torn(t, dir) {
			damaged++
		}
	}
	lost := 0
	s := open(t, dir)
	for _, key := range acknowledged {
		got, err := s.Read(key)
		if err != nil || len(got) != 1 || string(got[0].Value) != value(key) {
			lost++
			t.Errorf("%s was acknowledged and is lost: %v", key, err)
		}
	}
	t.Logf("%d rounds, %d killed in the middle, %d records acknowledged, %d lost, %d torn files", rounds, inTheMiddle, len(acknowledged), lost, damaged)
	if inTheMiddle < rounds/2 {
		t.Errorf("only %d of %d rounds were killed in the middle", inTheMiddle, rounds)
	}
}

// killedWriter runs a child until it has acknowledged a random number of records, kills it, and returns what it had
// acknowledged, and whether it was killed before its end.
func killedWriter(t *testing.T, dir string, round int) ([]string, bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), writerDir+"="+dir, writerRound+"="+strconv.Itoa(round))
	var complaint strings.Builder
	child.Stderr = &complaint
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	writes := roundWrites()
	killAt := writes/10 + rand.IntN(writes*8/10)
	var acks []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() != "all written" {
			acks = append(acks, lines.Text())
		}
		if len(acks) == killAt {
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond) // anywhere in a commit
			_ = child.Process.Kill()
		}
	}
	_ = child.Wait()
	if complaint.Len() > 0 {
		t.Fatalf("the writer: %s", complaint.String())
	}
	if len(acks) < killAt {
		t.Fatalf("the writer ended after %d records", len(acks))
	}
	return acks, len(acks) < writes
}

// torn reports whether the file has a damaged page, or a row that is not whole.
func torn(t *testing.T, dir string) bool {
	t.Helper()
	found := false
	db, err := bbolt.Open(filepath.Join(dir, "micro", "micro.db"), 0o600, &bbolt.Options{Timeout: 5 * time.Second})
	must(t, err)
	defer db.Close()
	must(t, db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			found = true
			t.Errorf("a torn file: %v", err)
		}
		return tx.Bucket([]byte("data")).ForEach(func(key, data []byte) error {
			r, alive, err := file.Decode(string(key), data, time.Now())
			if err != nil || !alive || string(r.Value) != value(string(key)) {
				found = true
				t.Errorf("a torn record %s: %v", key, err)
			}
			return nil
		})
	}))
	return found
}
