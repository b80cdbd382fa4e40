package transport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/codec/json"
	"github.com/microtop/microtop/framework/transport"
)

func methods[T any]() []string {
	var names []string
	of := reflect.TypeFor[T]()
	for i := range of.NumMethod() {
		names = append(names, of.Method(i).Name)
	}
	return names
}

func TestA180_A181_TheInterfacesOfATransport(t *testing.T) {
	socket := []string{"Close", "Local", "Recv", "Remote", "Send"}
	for what, c := range map[string]struct{ got, want []string }{
		"transport": {methods[transport.Transport](), []string{"Dial", "Init", "Listen", "Options", "String"}},
		"socket":    {methods[transport.Socket](), socket},
		"client":    {methods[transport.Client](), socket},
		"listener":  {methods[transport.Listener](), []string{"Accept", "Addr", "Close"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestA182_A183_Options(t *testing.T) {
	type key struct{}
	ctx, secure := context.WithValue(context.Background(), key{}, 1), &tls.Config{ServerName: "x", MinVersion: tls.VersionTLS13}
	set := []transport.Option{
		transport.Addrs("a:1"), transport.Codec(json.Marshaler{}), transport.Secure(true), transport.TLSConfig(secure), transport.Timeout(time.Second),
		func(o *transport.Options) { o.Context = ctx },
	}
	later := transport.NewHTTPTransport()
	if err := later.Init(set...); err != nil {
		t.Fatal(err)
	}
	for name, tr := range map[string]transport.Transport{"http": transport.NewHTTPTransport(set...), "memory": transport.NewMemoryTransport(set...), "set by Init": later} {
		o := tr.Options()
		if len(o.Addrs) != 1 || o.Codec == nil || !o.Secure || o.TLSConfig != secure || o.Timeout != time.Second || o.Context.Value(key{}) != 1 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	var dial transport.DialOptions
	transport.WithStream()(&dial)
	transport.WithTimeout(time.Minute)(&dial)
	if !dial.Stream || dial.Timeout != time.Minute {
		t.Errorf("dial options %+v", dial)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if c, err := transport.NewHTTPTransport().Dial("127.0.0.1:1", func(o *transport.DialOptions) { o.Context = ended }); err == nil {
		c.Close()
		t.Error("dialled with a context that had ended")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mine, err := transport.NewHTTPTransport().Listen("ignored:0", transport.NetListener(l))
	if err != nil || mine.Addr() != l.Addr().String() {
		t.Fatalf("a listener given as an option: %v", err)
	}
	if err := mine.Close(); err != nil {
		t.Error(err)
	}
}

// A184: the default is HTTP, such that any HTTP client can call.
func TestA184_TheDefaultIsHTTP(t *testing.T) {
	if transport.DefaultTransport.String() != "http" {
		t.Errorf("named %q", transport.DefaultTransport)
	}
	l, err := transport.DefaultTransport.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		done <- l.Accept(func(s transport.Socket) {
			var m transport.Message
			for s.Recv(&m) == nil {
				if s.Send(&transport.Message{Header: map[string]string{"X-Echo": m.Header["X-Ask"]}, Body: bytes.ToUpper(m.Body)}) != nil {
					return
				}
			}
		})
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+l.Addr(), strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Ask", "you")
	own := &http.Transport{}
	rsp, err := own.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(rsp.Body)
	if err != nil || string(body) != "HELLO" || rsp.Header.Get("X-Echo") != "you" || rsp.ProtoMajor != 1 {
		t.Errorf("answer %q, %v, %v", body, rsp.Header, err)
	}
	rsp.Body.Close()
	own.CloseIdleConnections()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	<-done
}
