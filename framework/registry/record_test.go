package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/microtop/microtop/framework/limits"
	"github.com/microtop/microtop/framework/registry"
)

func TestA153_RecordOfAV4ServiceGoesThroughUnchanged(t *testing.T) {
	data, err := os.ReadFile("testdata/etcd-service.json") // captured from a v4 service
	if err != nil {
		t.Fatal(err)
	}
	s, err := registry.DecodeService(data, limits.Default())
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "fleet.etcd" || len(s.Endpoints) == 0 || len(s.Nodes) != 1 {
		t.Errorf("decoded %+v", s)
	}
	again, err := registry.EncodeService(s, limits.Default())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(data)), string(again)); diff != "" {
		t.Errorf("encoded again (-want +got):\n%s", diff)
	}
}

// S-03, S-11.
func TestDecodeServiceRefuses(t *testing.T) {
	record := func(address string) string {
		return fmt.Sprintf(`{"name":"shop","version":"1","nodes":[{"id":"a","address":%q}]}`, address)
	}
	for name, text := range map[string]string{
		"nothing":            "",
		"null":               "null",
		"a list":             "[]",
		"a string":           `"x"`,
		"half a record":      record("127.0.0.1:80")[:40],
		"no nodes":           `{"name":"shop","nodes":[null]}`,
		"a number as name":   `{"name":1}`,
		"no port":            record("127.0.0.1"),
		"port 0":             record("127.0.0.1:0"),
		"port 65536":         record("127.0.0.1:65536"),
		"a unix socket":      record("unix:/"),
		"a path":             record("/tmp/socket:1"),
		"a line break":       record("127.0.0.1:80\r\n"),
		"an escape":          record("\x1b[2J:80"),
		"credentials":        record("user@host:80"),
		"no host":            record(":80"),
		"an endless host":    record(strings.Repeat("a", 256) + ":80"),
		"invalid UTF-8":      "{\"name\":\"sh\xffop\x00\",\"nodes\":[{\"id\":\"a\",\"address\":\"h:1\"}]}",
		"a control in an id": `{"name":"shop","nodes":[{"id":"a\u0007","address":"h:1"}]}`,
		"too deep":           `{"name":"shop","x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`,
		"100,000 deep":       strings.Repeat(`{"name":`, 100_000),
		"too big":            `{"name":"` + strings.Repeat("a", 256<<10) + `"}`,
	} {
		if s, err := registry.DecodeService([]byte(text), limits.Default()); !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	for _, address := range []string{"127.0.0.1:1", "[::1]:65535", "[fe80::1%eth0]:80", "my_host-1.example.org:8080"} {
		if _, err := registry.DecodeService([]byte(record(address)), limits.Default()); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestDecodeServiceKeepsTheFirstEndpoints(t *testing.T) {
	text := `{"name":"shop","endpoints":[null,` + strings.Repeat(`{"name":"A.B","request":{"values":[null]}},`, 1100) + `{}],"nodes":[{"id":"a","address":"h:1"}]}`
	s, err := registry.DecodeService([]byte(text), limits.Default())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Endpoints) != 1024 || len(s.Endpoints[0].Request.Values) != 0 {
		t.Errorf("%d endpoints, the first %+v", len(s.Endpoints), s.Endpoints[0])
	}
}

func TestEncodeServiceRefusesWhatNobodyWouldRead(t *testing.T) {
	s := service("shop", "1", "a")
	s.Nodes[0].Metadata = map[string]string{"big": strings.Repeat("x", 256<<10)}
	if _, err := registry.EncodeService(s, limits.Default()); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("too big: %v", err)
	}
	s = service("shop", "1", "a")
	s.Nodes[0].Address = "nowhere"
	if _, err := registry.EncodeService(s, limits.Default()); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("no host:port: %v", err)
	}
}

func TestMergeFoldsByVersion(t *testing.T) {
	second := service("shop", "1", "b")
	second.Endpoints = []*registry.Endpoint{{Name: "A.B"}}
	again := service("shop", "1", "a")
	again.Nodes[0].Address = "127.0.0.1:81"
	got := registry.Merge([]*registry.Service{service("shop", "1", "a"), second, nil, service("shop", "2", "c"), again})
	want := []*registry.Service{
		{Name: "shop", Version: "1", Endpoints: second.Endpoints, Nodes: []*registry.Node{again.Nodes[0], second.Nodes[0]}},
		service("shop", "2", "c"),
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Merge (-want +got):\n%s", diff)
	}
}

func TestCopySharesNothing(t *testing.T) {
	make := func() *registry.Service {
		s := service("shop", "1", "a")
		s.Metadata = map[string]string{"k": "v"}
		s.Nodes[0].Metadata = map[string]string{"k": "v"}
		s.Endpoints = []*registry.Endpoint{{Name: "A.B", Request: &registry.Value{Values: []*registry.Value{{Name: "x"}}}, Metadata: map[string]string{"k": "v"}}}
		return s
	}
	original := make()
	c := registry.Copy(original)
	c.Metadata["k"], c.Nodes[0].Metadata["k"], c.Nodes[0].Id, c.Endpoints[0].Metadata["k"], c.Endpoints[0].Request.Values[0].Name = "x", "x", "x", "x", "y"
	if diff := cmp.Diff(make(), original); diff != "" {
		t.Errorf("the copy shares (-want +got):\n%s", diff)
	}
	if registry.Copy(nil) != nil {
		t.Error("Copy(nil) is not nil")
	}
}

func FuzzDecodeService(f *testing.F) {
	data, err := os.ReadFile("testdata/etcd-service.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(data), "null", `{"name":"a","nodes":[{"id":"a","address":"[::1]:80"}],"endpoints":[{"request":{"values":[{}]}}]}`, `{"nodes":[null]}`, `[[`, `"\"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := registry.DecodeService(data, limits.Default())
		if err != nil {
			if !errors.Is(err, registry.ErrInvalid) {
				t.Fatalf("error of the wrong kind: %v", err)
			}
			return
		}
		if err := registry.Validate(s); err != nil {
			t.Fatalf("decoded what cannot be registered: %v", err)
		}
		if len(s.Endpoints) > limits.Default().Endpoints || len(s.Nodes) > len(data) {
			t.Fatalf("%d endpoints, %d nodes of %d bytes", len(s.Endpoints), len(s.Nodes), len(data))
		}
		again, err := registry.EncodeService(s, limits.Limits{RecordBytes: -1})
		if err != nil {
			t.Fatalf("encode what was decoded: %v", err)
		}
		back, err := registry.DecodeService(again, limits.Limits{RecordBytes: -1, RecordDepth: -1})
		if err != nil {
			t.Fatalf("decode what was encoded: %v", err)
		}
		if third, err := registry.EncodeService(back, limits.Limits{RecordBytes: -1}); err != nil || !bytes.Equal(again, third) {
			t.Fatalf("there and back: %v\n%s\n%s", err, again, third)
		}
	})
}

// What a poisoned registry would have us dial is refused at the edge, or is an address like any other.
func TestS11_AddressesAreCheckedAtTheEdge(t *testing.T) {
	for address, valid := range map[string]bool{
		"10.0.0.1:8080": true, "[::1]:8080": true, "shop.internal:80": true, "169.254.169.254:80": true, // whom to call is the caller's to say
		"unix:/": false, "host:port\r\n": false, "host:80\r\n": false, "host:0": false, "host:65536": false, ":80": false, "host": false, "": false,
		"ho st:80": false, "host/path:80": false, "user@host:80": false, "\x1b[2J:80": false,
	} {
		if err := registry.ValidateAddress(address); (err == nil) != valid || err != nil && !errors.Is(err, registry.ErrInvalid) {
			t.Errorf("%q: %v, want valid %v", address, err, valid)
		}
	}
}
