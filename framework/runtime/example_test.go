package runtime_test

import (
	"fmt"

	"github.com/microtop/microtop/framework/runtime"
)

func Example() {
	r := runtime.NewRuntime()
	if err := r.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer r.Stop() // ends what still runs

	greeter := &runtime.Service{Name: "greeter", Version: "1.0.0"}
	if err := r.Create(greeter, runtime.WithCommand("echo", "hello"), runtime.CreateType("demo")); err != nil {
		fmt.Println(err)
		return
	}
	lines, err := r.Logs(greeter, runtime.LogsStream(true))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer lines.Stop()
	fmt.Println((<-lines.Chan()).Message)

	services, err := r.Read(runtime.ReadType("demo"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(services[0].Name, services[0].Metadata["namespace"])
	// Output:
	// hello
	// greeter default
}

// nightly asks for a clean-up once; real ones follow a clock, a folder or a queue.
type nightly struct{ events chan runtime.Event }

func (n nightly) Notify() (<-chan runtime.Event, error) { return n.events, nil }
func (n nightly) Close() error                          { return nil }

// told hands on what a service prints.
type told chan string

func (t told) Write(p []byte) (int, error) {
	t <- string(p)
	return len(p), nil
}

func ExampleWithScheduler() {
	printed := make(chan string, 1)
	plan := nightly{events: make(chan runtime.Event, 1)}
	plan.events <- runtime.Event{
		ID: "1", Type: runtime.Create, Service: &runtime.Service{Name: "cleanup"},
		Options: &runtime.CreateOptions{Command: []string{"echo", "clean"}, Output: told(printed)},
	}
	r := runtime.NewRuntime(runtime.WithScheduler(plan))
	if err := r.Start(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(<-printed)
	if err := r.Stop(); err != nil {
		fmt.Println(err)
	}
	// Output: clean
}
