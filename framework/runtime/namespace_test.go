package runtime_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/runtime"
)

func TestA260_NamespacesKeepServicesApart(t *testing.T) {
	r := open(t)
	s := &runtime.Service{Name: "shop", Version: "1"}
	pids := map[string]string{}
	for _, namespace := range []string{"", "east", "west"} {
		err := r.Create(s, func(o *runtime.CreateOptions) { *o = *serving("") }, runtime.CreateNamespace(namespace))
		if err != nil {
			t.Fatalf("the same service in the namespace %q: %v", namespace, err)
		}
		services := read(t, r, runtime.ReadNamespace(namespace))
		if len(services) != 1 {
			t.Fatalf("%q has %d services", namespace, len(services))
		}
		pids[services[0].Metadata["namespace"]] = services[0].Metadata["pid"]
	}
	if len(pids) != 3 || pids["default"] == "" {
		t.Errorf("processes by namespace: %v", pids)
	}
	if err := r.Create(s, runtime.WithCommand("true"), runtime.CreateNamespace("default")); !errors.Is(err, runtime.ErrAlreadyExists) {
		t.Errorf("the default namespace by its name: %v", err)
	}
	if err := r.Delete(s, runtime.DeleteNamespace("north")); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("delete elsewhere: %v", err)
	}
	if err := r.Update(s, runtime.UpdateNamespace("east")); err != nil {
		t.Fatal(err)
	}
	if !gone(pids["east"]) || gone(pids["west"]) || gone(pids["default"]) {
		t.Error("the update of one namespace touched another, or not its own")
	}
	if err := r.Delete(s, runtime.DeleteNamespace("west")); err != nil {
		t.Fatal(err)
	}
	if len(read(t, r, runtime.ReadNamespace("west"))) != 0 || len(read(t, r, runtime.ReadNamespace("east"))) != 1 || len(read(t, r)) != 1 {
		t.Error("the wrong one is deleted")
	}
	if _, err := r.Logs(s, runtime.LogsNamespace("west")); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("logs of a deleted one: %v", err)
	}
	if logs, err := r.Logs(s, runtime.LogsNamespace("east")); err != nil {
		t.Errorf("logs: %v", err)
	} else if err := logs.Stop(); err != nil {
		t.Error(err)
	}
}

func TestA261_TypeImageAndSource(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(folder, "own")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	r := open(t, runtime.WithType("job"), runtime.WithImage("shop:1"), runtime.WithSource(folder))
	pwd := runtime.WithCommand("pwd", "-P")
	for _, c := range []struct {
		service      *runtime.Service
		opts         []runtime.CreateOption
		kind, image  string
		workingInDir string
	}{
		{&runtime.Service{Name: "plain"}, nil, "job", "shop:1", folder},
		{&runtime.Service{Name: "own", Source: own}, []runtime.CreateOption{runtime.CreateType("service"), runtime.CreateImage("cart:2")}, "service", "cart:2", own},
	} {
		if err := r.Create(c.service, append(c.opts, pwd)...); err != nil {
			t.Fatal(err)
		}
		found := read(t, r, runtime.ReadType(c.kind))
		if len(found) != 1 || found[0].Name != c.service.Name || found[0].Metadata["type"] != c.kind || found[0].Metadata["image"] != c.image {
			t.Errorf("%s: read %+v", c.service.Name, found)
		}
		eventually(t, "it ran in its folder", func() bool {
			logs, err := r.Logs(c.service)
			if err != nil {
				t.Fatal(err)
			}
			line := <-logs.Chan()
			return strings.TrimSpace(line.Message) == c.workingInDir
		})
	}
}

// What runtimes of other kinds read: every option sets its field.
func TestOptionsOfOtherRuntimes(t *testing.T) {
	events := &timetable{}
	c := client.NewClient()
	got := runtime.NewOptions(runtime.WithScheduler(events), runtime.WithType("a"), runtime.WithSource("b"), runtime.WithImage("c"), runtime.WithClient(c))
	if got.Scheduler != events || got.Type != "a" || got.Source != "b" || got.Image != "c" || got.Client != c {
		t.Errorf("options %+v", got)
	}
}
