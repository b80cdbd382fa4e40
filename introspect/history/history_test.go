package history_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/introspect/invoke"
)

func request(body string) invoke.Request {
	retries := 2
	return invoke.Request{
		Target: introspect.Target{Service: "shop.cart", Version: "1.0", Node: "n1"}, Endpoint: "Cart.Get", Body: []byte(body),
		Metadata: map[string]string{"tenant": "acme", "Authorization": "Bearer hunter2"}, Timeout: 3 * time.Second, Retries: &retries,
	}
}

func TestACallIsKeptAndCanBeMadeAgain(t *testing.T) {
	s := history.Open(filepath.Join(t.TempDir(), "h"))
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Fatal(list, err)
	}
	start := time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)
	result := &invoke.Result{Body: []byte(`{"ok":true,"session":{"token":"hunter2"}}`), Size: 30, Start: start, Duration: 1500 * time.Microsecond,
		Attempts: []invoke.Attempt{{Node: "n0", Err: errors.New("down")}, {Node: "n1"}}}
	if err := s.Add(history.Of(request(`{"id": 9007199254740993, "password": "hunter2"}`), result, nil)); err != nil {
		t.Fatal(err)
	}
	list, err := history.Open(filepath.Join(filepath.Dir(t.TempDir()), "none")).List()
	if err != nil || len(list) != 0 {
		t.Fatal(list, err)
	}
	if list, err = s.List(); err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	got := list[0]
	if got.Status != 200 || got.DurationMs != 1.5 || got.AnsweredBy != "n1" || got.Attempts != 2 || !got.Redacted || !got.Time.Equal(start) {
		t.Errorf("%+v", got)
	}
	again := got.Again()
	if string(again.Body) != `{"id":9007199254740993,"password":"[redacted]"}` || again.Metadata["tenant"] != "acme" || again.Timeout != 3*time.Second || *again.Retries != 2 {
		t.Errorf("%+v %s", again, again.Body)
	}
	if diff := cmp.Diff(request("").Target, again.Target); diff != "" {
		t.Error(diff)
	}
}

// No secret reaches the disk, and no other user the folder.
func TestNothingSecretIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "h")
	s := history.Open(dir)
	for _, body := range []string{`{"password":"hunter2"}`, `user=a&password=hunter2`, `{"a":{"apiKey":["hunter2"]}}`} {
		if err := s.Add(history.Of(request(body), nil, errors.New("no such service"))); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		info, _ := f.Info()
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil || strings.Contains(string(text), "hunter2") || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v %s", err, info.Mode(), text)
		}
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Error(info.Mode())
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(history.Record{}); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Error(err)
	}
}

func TestTheOldestGo(t *testing.T) {
	s := history.Open(filepath.Join(t.TempDir(), "h"))
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	for w := range 4 { // as several consoles would
		wg.Go(func() {
			for i := range 150 {
				if err := s.Add(history.Record{Time: begin.Add(time.Duration(4*i+w) * time.Second), Endpoint: fmt.Sprint(4*i + w)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	list, err := s.List()
	if err != nil || len(list) != history.Most || list[0].Endpoint != "599" {
		t.Fatal(len(list), err)
	}
	if err := s.Remove(list[0].ID, "gone"); err != nil {
		t.Fatal(err)
	}
	if list, _ = s.List(); list[0].Endpoint != "598" {
		t.Error(list[0])
	}
}

func TestWhatIsTooLongOrDamagedIsLeftOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "h")
	s := history.Open(dir)
	long := `"` + strings.Repeat("x", history.Body) + `"`
	if err := s.Add(history.Of(request(long), &invoke.Result{Body: []byte(long)}, nil)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"20990101T000000.json": "{", "20990102T000000.json": strings.Repeat(" ", 2<<20), "other.txt": "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "20990103T000000.json")); err != nil {
		t.Fatal(err)
	}
	list, err := s.List()
	if err != nil || len(list) != 1 || !list[0].Cut || list[0].Request != nil || list[0].Response != nil {
		t.Errorf("%+v %v", list, err)
	}
}

func ExampleStore() {
	dir, err := os.MkdirTemp("", "history")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := history.Open(dir)
	r := invoke.Request{Target: introspect.Target{Service: "shop.cart"}, Endpoint: "Cart.Get", Body: []byte(`{"token":"x"}`)}
	if err := s.Add(history.Of(r, nil, nil)); err != nil {
		panic(err)
	}
	list, _ := s.List()
	fmt.Println(list[0].Endpoint, string(list[0].Request))
	// Output: Cart.Get {"token":"[redacted]"}
}
