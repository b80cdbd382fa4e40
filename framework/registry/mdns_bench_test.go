package registry_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/internal/mdns"
	"github.com/microtop/microtop/framework/internal/mdns/mdnstest"
	"github.com/microtop/microtop/framework/registry"
)

// percentiles reports durations as a benchmark's own figures.
func percentiles(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
}

func BenchmarkMDNSGetService(b *testing.B) {
	needsMulticast(b)
	in := domain()
	there := registry.NewRegistry(in)
	s := service("shop", "1", "a")
	register(b, there, s)
	defer deregister(b, there, s)
	here := registry.NewRegistry(in)
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if got, err := here.GetService("shop"); err != nil || len(got) != 1 {
			b.Fatal(got, err)
		}
		took = append(took, time.Since(start))
	}
	percentiles(b, took)
}

// BenchmarkMDNSToWatcher is the way from Register, and from Deregister, to the watcher of a peer.
func BenchmarkMDNSToWatcher(b *testing.B) {
	needsMulticast(b)
	in := domain()
	here, there := registry.NewRegistry(in), registry.NewRegistry(in)
	w, err := there.Watch()
	if err != nil {
		b.Fatal(err)
	}
	defer w.Stop()
	s := service("shop", "1", "a")
	var took []time.Duration
	for b.Loop() {
		for _, do := range []func() error{func() error { return here.Register(s) }, func() error { return here.Deregister(s) }} {
			start := time.Now()
			if err := do(); err != nil {
				b.Fatal(err)
			}
			if _, err := w.Next(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
	}
	percentiles(b, took)
}

// BenchmarkMDNSCrowd is what 200 services in one process cost: registering them, and one listing.
func BenchmarkMDNSCrowd(b *testing.B) {
	needsMulticast(b)
	var registering, listing time.Duration
	for b.Loop() {
		more, each := crowd200(b)
		registering, listing = registering+more, listing+each
	}
	b.ReportMetric(float64(registering)/1e6/float64(b.N), "ms-cpu/200-registered")
	b.ReportMetric(float64(listing)/1e6/float64(b.N), "ms-cpu/listing") // asking and answering
}

func crowd200(b *testing.B) (registering, listing time.Duration) {
	b.Helper()
	in := domain()
	reg := registry.NewRegistry(in)
	before := cpu(b)
	for i := range 200 {
		s := service(fmt.Sprint("shop", i), "1", "a")
		register(b, reg, s)
		defer deregister(b, reg, s)
	}
	registering = cpu(b) - before
	before = cpu(b)
	const times = 10
	for range times {
		if list, err := registry.NewRegistry(in).ListServices(); err != nil || len(list) != 200 {
			b.Errorf("%d listed: %v", len(list), err)
		}
	}
	return registering, (cpu(b) - before) / times
}

// cpu is the time this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// However many services a process has, its registry has one set of sockets and few goroutines, and none afterwards.
func TestMDNSCrowd(t *testing.T) {
	needsMulticast(t)
	in := domain()
	before := runtime.NumGoroutine()
	reg := registry.NewRegistry(in)
	for i := range 200 {
		register(t, reg, service(fmt.Sprint("shop", i), "1", "a"))
	}
	if more := runtime.NumGoroutine() - before; more > 20 {
		t.Errorf("%d goroutines for 200 services", more)
	}
	eventually(t, "200 services in a listing", func() bool {
		list, err := registry.NewRegistry(in).ListServices()
		return err == nil && len(list) == 200
	})
	for i := range 200 {
		deregister(t, reg, service(fmt.Sprint("shop", i), "1", "a"))
	}
	eventually(t, "no goroutine left", func() bool { return runtime.NumGoroutine() <= before })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}

// bomb is text that unpacks to a record.
func bomb(t testing.TB, record string) []string {
	t.Helper()
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write([]byte(record))
	_ = w.Close()
	return []string{hex.EncodeToString(packed.Bytes())}
}

// S-07: what a record can cost is bounded, whatever it unpacks to.
func TestMDNSBombs(t *testing.T) {
	reg := registry.NewMDNSOn(new(mdnstest.LAN).Host("192.0.2.2"))
	const most = 256 << 10
	repeat := func(head, piece, tail string, size int) string {
		return head + strings.Repeat(piece, (size-len(head)-len(tail))/len(piece)) + tail
	}
	var keys, endpoints strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&keys, `"%x":"",`, i)
		if i%2 == 0 {
			fmt.Fprintf(&endpoints, `{"name":"%x"},`, i*7919)
		}
	}
	for what, record := range map[string]string{
		"most endpoints": `{"Service":"shop","Endpoints":[` + endpoints.String() + `{}]}`,
		"most lists":     `{"Service":"shop","Endpoints":[{"request":{"values":[` + strings.Repeat(`{"values":[{}]},`, 2_700) + `{}]}}]}`,
		"most metadata":  `{"Service":"shop","Metadata":{` + keys.String() + `"":""}}`,
		"8 MiB":          repeat(`{"Service":"shop","Version":"`, "a", `"}`, 8<<20),
		"endpoints":      repeat(`{"Service":"shop","Endpoints":[`, `{},`, `{}]}`, most),
		"metadata":       repeat(`{"Service":"shop","Metadata":{`, `"":"",`, `"":""}}`, most),
		"values":         repeat(`{"Service":"shop","Endpoints":[{"request":{"values":[`, `{},`, `{}]}}]}`, most),
		"depth":          repeat(`{"Service":"shop","Endpoints":`, `[`, ``, most),
		"few parts":      repeat(`{"Service":"shop","Endpoints":[`, `{"name":"a.b"},`, `{}]}`, most),
		"escapes":        repeat(`{"Service":"shop","Version":"`, `\u00e4`, `"}`, most),
	} {
		heard := mdns.Heard{Name: "a.shop.micro.", Port: 80, Addr: netip.MustParseAddr("192.0.2.66"), Text: bomb(t, record)}
		const runs = 5
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		for range runs {
			_, _ = registry.ReadMDNS(reg, heard, "micro")
		}
		took := time.Since(start) / runs
		runtime.ReadMemStats(&after)
		t.Logf("%s: %d KiB, %v", what, (after.TotalAlloc-before.TotalAlloc)/runs>>10, took)
		if each := (after.TotalAlloc - before.TotalAlloc) / runs; each > 2<<20+256<<10 { // 2 MiB, and what the race detector adds
			t.Errorf("%s: %d bytes allocated", what, each)
		}
	}
}

func FuzzMDNSRecord(f *testing.F) {
	reg := registry.NewMDNSOn(new(mdnstest.LAN).Host("192.0.2.2"))
	for _, record := range []string{`null`, `{"Service":"shop","Version":"1","Endpoints":[{"name":"A.B","request":{"values":[null]}}],"Metadata":{"a":"b"}}`} {
		f.Add("a.shop.micro.", record)
	}
	f.Fuzz(func(t *testing.T, name, record string) {
		heard := mdns.Heard{Name: name, Port: 80, Addr: netip.MustParseAddr("192.0.2.66"), Text: bomb(t, record)}
		s, err := registry.ReadMDNS(reg, heard, "micro")
		if err != nil {
			return
		}
		if err := registry.Validate(s); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
		if name != s.Nodes[0].Id+"."+s.Name+".micro." {
			t.Errorf("%q became node %q of %q", name, s.Nodes[0].Id, s.Name)
		}
	})
}
