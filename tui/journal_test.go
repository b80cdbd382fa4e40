package tui_test

import (
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/frametest"
	"github.com/microtop/microtop/tui/safetext"
)

func TestTheJournalIsBounded(t *testing.T) {
	j := tui.NewJournal(nil)
	for range 1500 {
		j.Add(tui.Entry{Text: safetext.Literal("x")})
	}
	if kept, gone := j.Entries(); len(kept) != 1000 || gone != 500 {
		t.Errorf("%d kept, %d gone", len(kept), gone)
	}
	for range 200 {
		j.Add(tui.Entry{Command: strings.Repeat("c", 64<<10)})
	}
	kept, gone := j.Entries()
	bytes := 0
	for _, e := range kept {
		bytes += len(e.Command) + len(e.Text.String())
	}
	if bytes > 4<<20 || uint64(len(kept))+gone != 1700 {
		t.Errorf("%d bytes in %d entries, %d gone", bytes, len(kept), gone)
	}
	j.Add(tui.Entry{Command: strings.Repeat("c", 64<<10+1)})
	if kept, _ := j.Entries(); kept[len(kept)-1].Command != "" {
		t.Error("a command line of any length is kept")
	}
}

func TestTheJournalKeepsNoSecretsAndTellsOfMore(t *testing.T) {
	j := tui.NewJournal(func(text string) string { return strings.ReplaceAll(text, "hunter2", "•") })
	n, more := j.Since()
	j.Add(tui.Entry{Time: time.Now(), Text: safetext.Literal("token hunter2"), Command: "microtop hunter2"})
	select {
	case <-more:
	default:
		t.Error("the entry is not told of")
	}
	kept, _ := j.Entries()
	if kept[0].Text.String() != "token •" || kept[0].Command != "microtop •" {
		t.Errorf("%+v", kept)
	}
	if now, _ := j.Since(); n != 0 || now != 1 {
		t.Errorf("%d, then %d", n, now)
	}
}

// What is opened, said and done is in the journal, with the command line that does the same.
func TestWhatIsDoneIsInTheJournal(t *testing.T) {
	did := tui.Do(tui.Did{Level: tui.Good, Text: safetext.Literal("sent it"), Command: "microshop send", Quiet: true})
	s := newShop(t, act(key("1", "send", did), key("2", "say", tui.Say(tui.Warn, safetext.Literal("careful")))))
	s.cfg.Routes[1].Command = func(with any) string {
		name, _ := with.(string)
		return "microshop nodes " + name
	}
	x := frametest.New(t, s.cfg, 80, 24)
	x.Keys("1", "2")
	x.WaitFor("careful")
	x.Keys(":nodes cart", "enter")
	x.WaitFor("with=cart")
	var got []string
	kept, _ := s.cfg.Journal.Entries()
	for _, e := range kept {
		got = append(got, e.Text.String()+"|"+e.Command)
	}
	if want := "sent it|microshop send\ncareful|\nopened nodes|microshop nodes cart"; strings.Join(got, "\n") != want {
		t.Errorf("%q", got)
	}
	if strings.Contains(x.Written(), "sent it") {
		t.Error("what is quiet is shown")
	}
}
