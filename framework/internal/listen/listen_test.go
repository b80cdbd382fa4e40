package listen_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/internal/listen"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]listen.Address{
		"":                    {},
		":0":                  {},
		":80":                 {Min: 80, Max: 80},
		"127.0.0.1:44444-448": {},
		"127.0.0.1:400-448":   {Host: "127.0.0.1", Min: 400, Max: 448},
		"[::1]:7":             {Host: "::1", Min: 7, Max: 7},
		"localhost":           {},
		":65536":              {},
		":-1":                 {},
		":1-":                 {},
	} {
		got, err := listen.Parse(text)
		valid := want != listen.Address{} || text == "" || text == ":0"
		if got != want || (err == nil) != valid {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if err != nil && !strings.Contains(err.Error(), strconv.Quote(text)) {
			t.Errorf("%q: the error does not name it: %v", text, err)
		}
	}
}

func TestTheFirstFreePortIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	if _, err := listen.TCP(t.Context(), "127.0.0.1:"+strconv.Itoa(port)); err == nil {
		t.Error("a taken port was taken again")
	}
	l, err := listen.TCP(t.Context(), "127.0.0.1:"+strconv.Itoa(port)+"-"+strconv.Itoa(min(port+50, 65535)))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := l.Addr().(*net.TCPAddr).Port; got <= port {
		t.Errorf("port %d, want one behind %d", got, port)
	}
}
