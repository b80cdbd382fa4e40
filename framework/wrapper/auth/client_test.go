package auth_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/metadata"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/transport"
	wrapper "github.com/microtop/microtop/framework/wrapper/auth"
	"github.com/microtop/microtop/framework/wrapper/wrappertest"
)

// recorder is a client that keeps the context of what it is asked, and the addresses that a selection would leave.
type recorder struct {
	client.Client
	transport transport.Transport
	mu        sync.Mutex
	header    metadata.Metadata
	addresses []string
}

// nodes are where a recorder's calls might go.
var nodes = []string{"127.0.0.1:80", "10.1.2.3:80", "evil.example:80"}

func (r *recorder) Options() client.Options { return client.Options{Transport: r.transport} }
func (r *recorder) String() string          { return "mucp" }

func (r *recorder) Call(ctx context.Context, _ client.Request, _ any, opts ...client.CallOption) error {
	var o client.CallOptions
	for _, set := range opts {
		set(&o)
	}
	services := []*registry.Service{{Name: "shop"}}
	for _, address := range nodes {
		services[0].Nodes = append(services[0].Nodes, &registry.Node{Id: address, Address: address})
	}
	var selecting selector.SelectOptions
	for _, set := range o.SelectOptions {
		set(&selecting)
	}
	for _, filter := range selecting.Filters {
		services = filter(services)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.header, _ = metadata.FromContext(ctx)
	r.addresses = nil
	for _, s := range services {
		for _, n := range s.Nodes {
			r.addresses = append(r.addresses, n.Address)
		}
	}
	if len(r.addresses) == 0 {
		return selector.ErrNoneAvailable
	}
	return nil
}

func (r *recorder) Stream(ctx context.Context, req client.Request, opts ...client.CallOption) (client.Stream, error) {
	return nil, r.Call(ctx, req, nil, opts...)
}

func (r *recorder) Publish(ctx context.Context, _ client.Message, _ ...client.PublishOption) error {
	r.header, _ = metadata.FromContext(ctx)
	return nil
}

func plain() *recorder { return &recorder{transport: transport.NewHTTPTransport()} }

var request = client.NewRequest("shop", "Orders.Place", nil)

func TestTheServicesTokenIsSent(t *testing.T) {
	a := newAuth()
	token := login(t, a, "shop", time.Hour)
	mine := "Bearer " + token.AccessToken
	for _, c := range []struct {
		name          string
		token         *auth.Token
		ctx           metadata.Metadata
		opts          []client.CallOption
		authorization string
		namespace     string
	}{
		{"nobody's", nil, nil, nil, "", "go.micro"},
		{"its own", token, nil, nil, mine, "go.micro"},
		{"expired, and nothing to renew it by", &auth.Token{AccessToken: "x", Expiry: time.Now().Add(-time.Second)}, nil, nil, "", "go.micro"},
		{"the caller's", token, metadata.Metadata{"authorization": "Bearer caller", "Micro-Namespace": "space"}, nil, "Bearer caller", "space"},
		{"its own in place of the caller's", token, metadata.Metadata{"authorization": "Bearer caller"}, []client.CallOption{client.WithServiceToken()}, mine, "go.micro"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a.Init(auth.ClientToken(c.token))
			r := plain()
			ctx := t.Context()
			if c.ctx != nil {
				ctx = metadata.NewContext(ctx, c.ctx)
			}
			wrapped := wrapper.NewClientWrapper(a)(r)
			if err := wrapped.Call(ctx, request, nil, c.opts...); err != nil {
				t.Fatal(err)
			}
			if got, _ := r.header.Get("Authorization"); got != c.authorization {
				t.Errorf("authorization %q, want %q", got, c.authorization)
			}
			if got, _ := r.header.Get("Micro-Namespace"); got != c.namespace {
				t.Errorf("namespace %q, want %q", got, c.namespace)
			}
			if _, err := wrapped.Stream(ctx, request, c.opts...); err != nil || r.header["Authorization"] != c.authorization {
				t.Errorf("stream: %v, %v", r.header, err)
			}
		})
	}
}

func TestTokensGoOnlyWhereTheyMay(t *testing.T) {
	for _, c := range []struct {
		name   string
		client *recorder
		opts   []wrapper.Option
		token  bool
		want   []string
	}{
		{"without a token, anywhere", plain(), nil, false, nodes},
		{"this host", plain(), nil, true, nodes[:1]},
		{"a network", plain(), []wrapper.Option{wrapper.WithAddresses("10.0.0.0/8")}, true, nodes[:2]},
		{"a host", plain(), []wrapper.Option{wrapper.WithAddresses("Evil.example")}, true, []string{nodes[0], nodes[2]}},
		{"a host and port", plain(), []wrapper.Option{wrapper.WithAddresses("evil.example:81")}, true, nodes[:1]},
		{"as in v4", plain(), []wrapper.Option{wrapper.WithAnyAddress()}, true, nodes},
		{"verified TLS", &recorder{transport: transport.NewHTTPTransport(transport.Secure(true))}, nil, true, nodes},
		{"TLS that verifies nothing", &recorder{transport: transport.NewHTTPTransport(transport.Secure(true), transport.Insecure())}, nil, true, nodes[:1]},
		{"within the process", &recorder{transport: transport.NewMemoryTransport()}, nil, true, nodes},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAuth()
			if c.token {
				a.Init(auth.ClientToken(login(t, a, "shop", time.Hour)))
			}
			if err := wrapper.NewClientWrapper(a, c.opts...)(c.client).Call(t.Context(), request, nil); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(c.client.addresses) != fmt.Sprint(c.want) {
				t.Errorf("may go to %v, want %v", c.client.addresses, c.want)
			}
		})
	}
}

func TestACallWithoutAPlaceForItsTokenFails(t *testing.T) {
	a := newAuth()
	a.Init(auth.ClientToken(login(t, a, "shop", time.Hour)))
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Client: wrapper.NewClientWrapper(a)}})
	if err := w.Registry.Register(&registry.Service{Name: "far", Nodes: []*registry.Node{{Id: "far-1", Address: "192.0.2.1:80"}}}); err != nil {
		t.Fatal(err)
	}
	far := w.Client.NewRequest("far", "A.B", nil)
	_, stream := w.Client.Stream(t.Context(), far)
	for name, err := range map[string]error{
		"call": w.Client.Call(t.Context(), far, nil), "stream": stream,
		"address": w.Client.Call(t.Context(), far, nil, client.WithAddress("127.0.0.1:1", "192.0.2.1:80")),
	} {
		if !strings.Contains(fmt.Sprint(err), "no node that a token may be sent to: use TLS, or allow") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMessagesCarryNoToken(t *testing.T) {
	a := newAuth()
	a.Init(auth.ClientToken(login(t, a, "shop", time.Hour)))
	r := plain()
	ctx := metadata.NewContext(t.Context(), metadata.Metadata{"authorization": "Bearer caller", "X-Tenant": "blue"})
	if err := wrapper.NewClientWrapper(a)(r).Publish(ctx, nil); err != nil || r.header["Authorization"] != "" || r.header["X-Tenant"] != "blue" {
		t.Errorf("%v, %v", r.header, err)
	}
}

func TestTokensAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuth()
		a.Init(auth.ClientToken(login(t, a, "shop", time.Minute)))
		r := plain()
		wrapped := wrapper.NewClientWrapper(a)(r)
		seen := map[string]bool{}
		for range 120 { // two hours: longer than any of the tokens lives
			if err := wrapped.Call(t.Context(), request, nil); err != nil {
				t.Fatal(err)
			}
			token := strings.TrimPrefix(r.header["Authorization"], "Bearer ")
			if account, err := auth.InspectAccess(a, token); err != nil || account.ID != "shop" {
				t.Fatalf("sent %q: %v", token, err)
			}
			seen[token] = true
			time.Sleep(time.Minute)
		}
		if len(seen) != 120 || a.Options().Token.Expiry.Sub(a.Options().Token.Created) != time.Minute {
			t.Errorf("%d tokens, the last lives %v", len(seen), a.Options().Token.Expiry.Sub(a.Options().Token.Created))
		}
	})
}

func TestCredentialsGetTheFirstToken(t *testing.T) {
	a := newAuth()
	account, err := a.Generate("shop")
	if err != nil {
		t.Fatal(err)
	}
	a.Init(auth.Credentials("shop", account.Secret))
	w := wrapper.NewClientWrapper(a)(plain())
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := w.Call(t.Context(), request, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if token := a.Options().Token; token == nil || token.Expired() {
		t.Errorf("token %+v", token)
	}
}

// counted counts how often tokens are asked for, and gives none.
type counted struct {
	auth.Auth
	asked int
}

func (c *counted) Token(...auth.TokenOption) (*auth.Token, error) {
	c.asked++
	return nil, auth.ErrInvalidToken
}

func TestRenewingThatFailsPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counted{Auth: newAuth(auth.Credentials("shop", "gone"))}
		w := wrapper.NewClientWrapper(c)(plain())
		for range 100 {
			if err := w.Call(t.Context(), request, nil); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if c.asked != 2 {
			t.Errorf("asked %d times in 10 s, want 2", c.asked)
		}
	})
}

func TestWithTheDefaultNothingIsSentOrAsked(t *testing.T) {
	a := auth.NewAuth(auth.Credentials("shop", "secret"))
	w := wrappertest.New(t, wrappertest.Config{Wrappers: wrappertest.Wrappers{Handler: wrapper.NewHandlerWrapper(a, auth.NewRules()), Client: wrapper.NewClientWrapper(a)}})
	got, err := w.Headers(t.Context())
	if _, sent := got["Authorization"]; err != nil || sent {
		t.Errorf("%v, %v", got, err)
	}
}

// FuzzPlaces holds this: an address that a token goes to over plain HTTP is this host's.
func FuzzPlaces(f *testing.F) {
	for _, seed := range []string{"127.0.0.1:80", "[::1]:80", "localhost", "127.0.0.1.evil.example:80", "[::ffff:127.0.0.1]:1", "2130706433:80", "", ":", "0x7f.1:80", "[::1%eth0]:80"} {
		f.Add(seed)
	}
	a := newAuth()
	a.Init(auth.ClientToken(login(f, a, "shop", 10000*time.Hour)))
	wrapped := wrapper.NewClientWrapper(a)(plain())
	f.Fuzz(func(t *testing.T, address string) {
		err := wrapped.Call(t.Context(), request, nil, client.WithAddress(address))
		lower := strings.ToLower(strings.TrimPrefix(address, "["))
		local := strings.HasPrefix(lower, "127.") || strings.HasPrefix(lower, "localhost") || strings.HasPrefix(lower, "::") || strings.HasPrefix(lower, "0:") || strings.HasPrefix(lower, "0")
		if err == nil && !local {
			t.Errorf("a token may go to %q", address)
		}
	})
}
