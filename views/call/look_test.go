package call_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/microtop/microtop/introspect/collection"
	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/views/call"
)

func TestTheAnswerIsFoldedSearchedAndCompared(t *testing.T) {
	var n atomic.Int32
	x := open(t, 120, 40, call.Fake{Call: func(context.Context, invoke.Request) (*invoke.Result, error) {
		return answered(fmt.Sprintf(`{"items":[{"id":"kettle","stock":%d},{"id":"lamp","stock":2}],"total":2}`, 6+n.Add(1))), nil
	}})
	x.WaitFor("limit")
	x.Keys("J")
	x.WaitFor("there is no answer yet")
	x.Keys("ctrl+s")
	x.WaitFor(`"stock": 7`)
	x.Keys("J", ".items[].id", "enter")
	x.WaitFor("jq .items[].id")
	x.WaitGone("stock")
	x.Keys("esc")
	x.WaitFor(`"stock": 7`)
	x.Keys("J", "ctrl+u", ".items[", "enter")
	x.WaitFor("jq: ")
	x.Keys("=")
	x.WaitFor("no answer before this one")
	x.Keys("ctrl+s")
	x.WaitFor(`"stock": 8`)
	x.Keys("=")
	x.WaitFor(`-       "stock": 7`)
	x.WaitFor(`+       "stock": 8`)
	x.Keys("z")
	x.WaitFor(`items  [{"id":"kettle","stock":8}`)
	x.Keys("right", "j", "right")
	x.WaitFor("id  \"kettle\"")
	x.Golden()
	x.Keys("esc")
	x.WaitFor(`"total": 2`)
}

// 64 MB of answer are cut, and that is said; while they are made ready and shown a key shows within 50 ms in 99 of 100 cases, and
// the answer itself is not held. A busy machine gets longer (see frametest.KeyLimit).
func TestAHugeAnswerLeavesTheKeysAlone(t *testing.T) {
	body := `{"list":["` + strings.Repeat(`x","`, 16<<20) + `"]}`
	x := open(t, 120, 30, call.Fake{Call: func(context.Context, invoke.Request) (*invoke.Result, error) {
		return answered(body), nil
	}})
	x.WaitFor("limit")
	x.Keys("ctrl+r")
	x.WaitFor("request as JSON")
	x.Keys("ctrl+home")
	before := frametest.Heap()
	x.Keys("ctrl+s")
	during := x.KeyToFrame(100, letters())
	x.WaitFor("kept the first 8.0 MB of 64 MB")
	grown := (frametest.Heap() - before) >> 20
	quiet := x.KeyToFrame(100, letters())
	limit := frametest.KeyLimit(quiet)
	t.Logf(`{"id": "answer of 64 MB", "keyToFrameP99Ms": %.1f, "quietP99Ms": %.1f, "goalMs": %d, "limitMs": %d, "heapGrownMB": %d}`,
		float64(during.Microseconds())/1000, float64(quiet.Microseconds())/1000, frametest.Frame.Milliseconds(), limit.Milliseconds(), grown)
	if during > limit || grown >= 64 {
		t.Errorf("p99 %v, limit %v, %d MB", during, limit, grown)
	}
	runtime.KeepAlive(body)
}

// letters are typed into the first line, of which the last eight are on the screen, however long it is.
func letters() func(int) (string, string) {
	line := ""
	return func(i int) (key, shown string) {
		key = string(rune('a' + i%26))
		line = (line + key)[max(0, len(line)-7):]
		return key, line
	}
}

func TestACallIsSavedOpenedAndImported(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "calls")
	x := open(t, 120, 30, call.Fake{Saved: collection.Open(dir)})
	x.WaitFor("limit")
	x.Keys("o")
	x.WaitFor("no call is saved yet")
	x.Keys("enter", "ctrl+u", "kettle", "enter", "s")
	x.WaitFor("under which name")
	x.Keys("ctrl+u", "shop/kettle", "enter")
	x.WaitFor("microtop call --saved shop/kettle")
	text, err := os.ReadFile(filepath.Join(dir, "shop", "kettle.json"))
	if err != nil || !strings.Contains(string(text), `"id": "kettle"`) || !strings.Contains(string(text), `"tenant": "acme"`) {
		t.Errorf("%s %v", text, err)
	}
	x.Keys("s", "ctrl+u", "shop/kettle", "enter")
	x.WaitFor("one of that name already")
	x.Keys("o")
	x.WaitFor("saved calls")
	x.Keys("enter")
	x.Until("the saved call's form", func(screen string) bool {
		return strings.Contains(screen, "Catalog.Get ▸ call") && strings.Contains(screen, "int32")
	})
	x.Keys("I", "curl x", "enter")
	x.WaitFor("begins with `microtop call` or `grpcurl`")
}

// A saved call that names its own address gets nothing of the environment unless the user says so.
func TestASavedCallAsksForTheEnvironment(t *testing.T) {
	t.Setenv("SHOP_TOKEN", "hunter2")
	folder := collection.Open(filepath.Join(t.TempDir(), "calls"))
	c := collection.Call{Service: "shop.catalog", Address: "10.1.2.3:80", Endpoint: "Catalog.Get", Metadata: map[string]string{"Authorization": "{{env:SHOP_TOKEN}}"}, TLS: &collection.TLS{Insecure: true}}
	if err := folder.Save("theirs", c, false); err != nil {
		t.Fatal(err)
	}
	x := open(t, 120, 30, call.Fake{Saved: folder})
	x.WaitFor("limit")
	x.Keys("o")
	x.WaitFor("saved calls")
	x.Keys("enter")
	x.WaitFor("Fill in SHOP_TOKEN of the environment? The call names its own")
	x.WaitFor("address, 10.1.2.3:80.")
	x.Keys("enter") // Cancel has the focus
	x.WaitGone("Fill in SHOP_TOKEN")
	if strings.Contains(x.Screen(), "hunter2") {
		t.Error("it was filled in")
	}
	x.Keys("o")
	x.WaitFor("saved calls")
	x.Keys("enter")
	x.WaitFor("Fill in SHOP_TOKEN")
	x.Keys("tab", "enter")
	x.WaitFor("meant for TLS, which this console was not started with: --tls --insecure")
}

func TestCallsAreKeptWithoutSecrets(t *testing.T) {
	var mu sync.Mutex
	var kept []history.Record
	x := open(t, 120, 30, call.Fake{Keep: func(r history.Record) error {
		mu.Lock()
		defer mu.Unlock()
		kept = append(kept, r)
		if len(kept) > 1 {
			return fmt.Errorf("disk full \x1b[2J")
		}
		return nil
	}})
	x.WaitFor("limit")
	x.Keys("tab", "ctrl+end", "enter")
	x.Type("Authorization: Bearer hunter2")
	x.Keys("ctrl+s")
	x.WaitFor("200 OK")
	mu.Lock()
	if len(kept) != 1 || kept[0].Metadata["Authorization"] != "[redacted]" || kept[0].Metadata["tenant"] != "acme" || kept[0].Status != 200 || !strings.Contains(string(kept[0].Response), "EUR") {
		t.Errorf("%+v", kept)
	}
	mu.Unlock()
	x.Keys("ctrl+s")
	x.WaitFor("not in the history: disk full")
}

func TestARepeatIsSentAtOnce(t *testing.T) {
	x := open(t, 120, 30, call.Fake{Again: true})
	x.WaitFor("200 OK")
	x.WaitFor("12345678901234567")
}
