package transporttest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/transport"
)

func (s suite) arrivesWhole(t *testing.T) {
	c := s.echo(t)
	want := transport.Message{Header: map[string]string{"Micro-Id": "1"}, Body: []byte("hello\r\n\r\nGET / HTTP/1.1\r\n\r\n\x00")}
	if diff := cmp.Diff(want, roundTrip(t, c, &want)); diff != "" {
		t.Error(diff)
	}
}

func (s suite) inOrder(t *testing.T) {
	c := s.echo(t)
	for i := range 200 {
		body := fmt.Appendf(nil, "message %d", i)
		if got := roundTrip(t, c, &transport.Message{Body: body}); !bytes.Equal(got.Body, body) {
			t.Fatalf("message %d: got %q", i, got.Body)
		}
	}
}

func (s suite) unasked(t *testing.T) {
	const count = 50
	tr := s.open(t)
	l := s.serve(t, tr, func(socket transport.Socket) {
		for range 2 { // two questions, then all the answers
			var m transport.Message
			if err := socket.Recv(&m); err != nil {
				t.Errorf("recv: %v", err)
				return
			}
		}
		for i := range count {
			if err := socket.Send(&transport.Message{Body: fmt.Append(nil, i)}); err != nil {
				t.Errorf("send: %v", err)
				return
			}
		}
	})
	c := s.dial(t, tr, l.Addr())
	within(t, "the answers", func() {
		for range 2 {
			if err := c.Send(&transport.Message{}); err != nil {
				t.Error(err)
			}
		}
		for i := range count {
			var m transport.Message
			if err := c.Recv(&m); err != nil || string(m.Body) != fmt.Sprint(i) {
				t.Errorf("answer %d: %q, %v", i, m.Body, err)
				return
			}
		}
	})
}

func (s suite) headers(t *testing.T) {
	c := s.echo(t)
	want := map[string]string{
		"Micro-Id": "12", "Content-Type": "application/json", "X-Tenant": "größe", "Timeout": "5000000000",
		"Empty": "", "Colons": "a: b: c", "Micro-Error": `{"id":"x","code":418,"detail":"short and stout"}`,
		"Long": strings.Repeat("x", 4000),
	}
	got := roundTrip(t, c, &transport.Message{Header: want, Body: []byte("x")})
	if diff := cmp.Diff(want, got.Header); diff != "" {
		t.Error(diff)
	}
}

func (s suite) empty(t *testing.T) {
	c := s.echo(t)
	for _, header := range []map[string]string{nil, {"Micro-Error": "EOS"}} {
		got := roundTrip(t, c, &transport.Message{Header: header})
		if len(got.Body) != 0 || len(got.Header) != len(header) || got.Header == nil {
			t.Errorf("sent headers %v and no body, got %v and %q", header, got.Header, got.Body)
		}
	}
}

func (s suite) large(t *testing.T) {
	c := s.echo(t)
	for _, size := range []int{1, 1000, 4096, 16<<10 - 1, 16<<10 + 1, 1 << 20, 3 << 20} {
		body := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
		if got := roundTrip(t, c, &transport.Message{Body: body}); !bytes.Equal(got.Body, body) {
			t.Fatalf("a body of %d bytes came back as %d bytes, or others", size, len(got.Body))
		}
	}
}

func (s suite) ownMemory(t *testing.T) {
	c := s.echo(t)
	sent := transport.Message{Header: map[string]string{"A": "1"}, Body: []byte("first")}
	var m transport.Message
	within(t, "the exchange", func() {
		if err := c.Send(&sent); err != nil {
			t.Error(err)
		}
		sent.Header["A"] = "changed"
		copy(sent.Body, "XXXXX")
		if err := c.Recv(&m); err != nil {
			t.Error(err)
		}
		first := m
		if err := c.Send(&transport.Message{Header: map[string]string{"A": "2"}, Body: []byte("other")}); err != nil {
			t.Error(err)
		}
		if err := c.Recv(&m); err != nil {
			t.Error(err)
		}
		if first.Header["A"] != "1" || string(first.Body) != "first" {
			t.Errorf("the first message became %v %q", first.Header, first.Body)
		}
		if m.Header["A"] != "2" || string(m.Body) != "other" {
			t.Errorf("the second message is %v %q", m.Header, m.Body)
		}
	})
}

func (s suite) concurrentSends(t *testing.T) {
	const senders, each = 8, 50
	tr := s.open(t)
	seen := make(chan map[string]bool, 1)
	l := s.serve(t, tr, func(socket transport.Socket) {
		got := map[string]bool{}
		for range senders * each {
			var m transport.Message
			if err := socket.Recv(&m); err != nil {
				t.Errorf("recv: %v", err)
				break
			}
			if body := string(m.Body); !strings.HasPrefix(body, m.Header["Key"]+" ") {
				t.Errorf("header %q came with body %.20q", m.Header["Key"], body)
			}
			got[m.Header["Key"]] = true
		}
		seen <- got
	})
	c := s.dial(t, tr, l.Addr())
	var group sync.WaitGroup
	for sender := range senders {
		group.Go(func() {
			for i := range each {
				key := fmt.Sprintf("%d-%d", sender, i)
				body := []byte(key + " " + strings.Repeat("x", (i%10)*4000))
				if err := c.Send(&transport.Message{Header: map[string]string{"Key": key}, Body: body}); err != nil {
					t.Errorf("send: %v", err)
					return
				}
			}
		})
	}
	within(t, "sending", group.Wait)
	within(t, "receiving", func() {
		if got := <-seen; len(got) != senders*each {
			t.Errorf("%d messages of %d arrived", len(got), senders*each)
		}
	})
}
