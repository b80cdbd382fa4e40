package server_test

import (
	"io"
	"testing"

	"github.com/microtop/microtop/framework/server/servertest/fleet"
	"google.golang.org/protobuf/proto"
)

// TestAllocationsOfARequest counts the server's end alone, the messages included: request, reply and a string of each.
func TestAllocationsOfARequest(t *testing.T) {
	if raceDetector {
		t.Skip("not run: the race detector allocates")
	}
	p := connect(t, start(t, all()))
	body, err := proto.Marshal(&fleet.HelloRequest{Name: "0123456789012345678901234567"})
	if err != nil {
		t.Fatal(err)
	}
	request := post(string(body), "Micro-Id: 1", "Micro-Service: "+fleet.Service, "Micro-Method: Greeter.Hello",
		"Micro-Endpoint: Greeter.Hello", "Content-Type: application/protobuf", "Timeout: 5000000000")
	p.write(request)
	answer, err := p.r.Peek(1)
	if err != nil || answer[0] != 'H' {
		t.Fatal(answer, err)
	}
	answer = make([]byte, p.r.Buffered())
	call := func() {
		if _, err := p.conn.Write(request); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadFull(p.conn, answer); err != nil {
			t.Error(err)
		}
	}
	for range 20 {
		call()
	}
	if n := testing.AllocsPerRun(500, call); n > 8 {
		t.Errorf("%v allocations, at most 8 are let", n)
	} else {
		t.Logf("%v allocations", n)
	}
}
