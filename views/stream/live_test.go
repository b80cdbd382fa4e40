package stream_test

import (
	"testing"

	"github.com/microtop/microtop/introspect/history"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/theme"
	"github.com/microtop/microtop/views/compose/composetest"
	"github.com/microtop/microtop/views/stream"
)

func TestALiveServerStream(t *testing.T) {
	session := composetest.Live(t)
	x := composetest.Open(t, tui.Open{Name: "stream", With: composetest.Service + ` Streamer.Count {"from": 1, "to": 300}`}, stream.Route(t.Context(), session, history.Open(t.TempDir()+"/h"), theme.Default()))
	x.WaitFor("server  ")
	x.Keys("ctrl+s")
	x.WaitFor("received 300")
	x.WaitFor("the service ended the stream")
	x.WaitFor(`{"value":"300"}`)
}

func TestALiveBidiStream(t *testing.T) {
	session := composetest.Live(t)
	x := composetest.Open(t, tui.Open{Name: "stream", With: composetest.Service + ` Streamer.PingPong`}, stream.Route(t.Context(), session, history.Open(t.TempDir()+"/h"), theme.Default()))
	x.WaitFor("bidi  ")
	x.Keys("ctrl+s")
	x.WaitFor("received 1")
	x.Keys("ctrl+s")
	x.WaitFor("received 2")
	x.Keys("esc", "D")
	x.WaitFor("half-closed: nothing more is sent")
	x.WaitFor("the service ended the stream")
}

func TestALiveStreamIsCancelled(t *testing.T) {
	session := composetest.Live(t)
	x := composetest.Open(t, tui.Open{Name: "stream", With: composetest.Service + ` Streamer.PingPong`}, stream.Route(t.Context(), session, history.Open(t.TempDir()+"/h"), theme.Default()))
	x.WaitFor("bidi  ")
	x.Keys("ctrl+s")
	x.WaitFor("received 1")
	x.Keys("esc", "x")
	x.WaitFor("cancelled after")
	x.Keys("ctrl+s")
	x.WaitFor("received 1")
}
