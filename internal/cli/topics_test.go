package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tailing starts a tail and waits until it is subscribed.
func (w *world) tailing(t *testing.T, args ...string) *started {
	t.Helper()
	count := func() (nodes int) {
		var topics []struct{ Nodes int }
		_ = json.Unmarshal([]byte(w.run(t, "topics", "-o", "json").out), &topics) // an output that is none counts nothing
		for _, topic := range topics {
			nodes += topic.Nodes
		}
		return nodes
	}
	before := count()
	tail := w.start(strings.NewReader(""), append([]string{"tail"}, args...)...)
	eventually(t, "the tail's subscription", func() bool { return count() > before })
	return tail
}

func (s *started) prints(t *testing.T) string {
	t.Helper()
	if code := s.ends(t); code != 0 {
		t.Errorf("status %d: %s", code, &s.err)
	}
	return s.out.String()
}

func TestPublishSeveral(t *testing.T) {
	w := newWorld(t)
	tail := w.tailing(t, "greetings", "--count", "6")
	file := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(file, []byte("{\"id\":\"f1\"}\n\n{\"id\":\"f2\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := w.run(t, "publish", "greetings", `{"id":"o{{count}}","stamp":"{{random 5 5}}"}`, "--template", "--count", "3", "--interval", "1ms", "--metadata", "trace=t-{{count}}").status(t, 0)
	if got.out != "" || got.err != "microtop: published 3 messages to greetings\n" {
		t.Errorf("%q, %q", got.out, got.err)
	}
	w.run(t, "publish", "greetings", "--file", file).status(t, 0)
	w.feed(t, `{"id":"s1"}`, "publish", "greetings", "--file", "-", "--yes").status(t, 0)
	golden(t, "tail-several.ndjson", tail.prints(t))
}

func TestTailsInOtherWays(t *testing.T) {
	w := newWorld(t)
	hex := w.tailing(t, "greet*", "--decode", "hex", "--count", "1")
	some := w.tailing(t, "greetings", "--filter", `.id == "o2"`, "--count", "1")
	none := w.tailing(t, "greetings", "--decode", "msgpack", "--count", "1")
	w.run(t, "publish", "greetings", `{"id":"o{{count}}"}`, "--template", "--count", "2").status(t, 0)
	golden(t, "tail-ways.ndjson", hex.prints(t)+some.prints(t)+none.prints(t))
}

func TestWhatIsNotPublished(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(file, []byte("{\"id\":\"f1\"}\n{\"idd\":\"f2\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	many := filepath.Join(t.TempDir(), "many.ndjson")
	if err := os.WriteFile(many, []byte(strings.Repeat("{}\n", 101)), 0o600); err != nil {
		t.Fatal(err)
	}
	tail := w.tailing(t, "greetings", "--count", "2")
	for _, tt := range []struct {
		in   string
		args []string
		code int
		want string
	}{
		{"", []string{`{"idd":1}`}, 2, "idd: fleet.Event has no such field: did you mean id? (what fleet.greeter takes from greetings): --force sends it all the same"},
		{"", []string{"--file", file}, 2, "line 2: idd: fleet.Event has no such field"},
		{"", []string{"--file", many}, 2, "that is 101 messages to every subscriber: --yes says that you mean it"},
		{"", []string{"{}", "--count", "101"}, 2, "that is 101 messages"},
		{"", []string{"{}", "--count", "0"}, 2, "--count must be over 0"},
		{"", []string{"{}", "--interval", "-1s"}, 2, "--interval must not be negative"},
		{"", []string{"{}", "--file", file}, 2, "leave the message out"},
		{"", []string{"--file", file + "x"}, 2, "no such file"},
		{"{}", []string{"--file", "-", "--yes", "--count", "2"}, 2, "--count does not go with"},
		{"", []string{`{"id":"{{cuont}}"}`, "--template"}, 2, `template at line 1, column 8: no function "cuont": did you mean count?`},
		{"", []string{`{}`, "--template", "--metadata", "a={{x"}, 2, "header a: template at line 1, column 1: {{ without }}"},
		{"", []string{`{"stamp": {{count}} }`}, 2, "--template fills"},
		{"{\"id\":\"a\"}\n{\"id\":7}\n", []string{"--file", "-"}, 2, "line 2: id: expected a string"},
		{"{\"id\":\"a\"}\n{\"id\":7}\n", []string{"--file", "-", "--yes"}, 1, "line 2: id: expected a string, got 7 (what fleet.greeter takes from greetings); 1 published before"},
	} {
		got := w.feed(t, tt.in, append([]string{"publish", "greetings"}, tt.args...)...)
		if got.code != tt.code || !strings.Contains(got.err, tt.want) || got.out != "" {
			t.Errorf("%v: status %d, %q lacks %q", tt.args, got.code, got.err, tt.want)
		}
	}
	w.run(t, "publish", "greetings", `{"idd":1}`, "--force").status(t, 0)
	if got := tail.prints(t); strings.Count(got, "\n") != 2 || !strings.Contains(got, `"body":{"id":"a"}`) || !strings.Contains(got, `"body":{"idd":1}`) {
		t.Errorf("more, or less, was sent: %s", got)
	}
}

func TestMeasuredTopics(t *testing.T) {
	w := newWorld(t)
	measured := w.start(strings.NewReader(""), "topics", "--measure", "1200ms", "-o", "json")
	eventually(t, "the meter's subscription", func() bool { return strings.Contains(w.run(t, "topics").out, "greetings  fleet.greeter  2") })
	w.run(t, "publish", "greetings", "{}", "--count", "5").status(t, 0)
	got := regexp.MustCompile(`(PerSecond|listenedMs)": [0-9.e+]+`).ReplaceAllString(measured.prints(t), `$1": N`)
	golden(t, "topics-measured.json", got)
	if got := w.run(t, "topics", "--measure", "1ms").status(t, 0); !strings.HasPrefix(got.out, "TOPIC      MSG/S  BYTES/S  MESSAGES  SUBSCRIBERS") {
		t.Error(got.out)
	}
	w.run(t, "topics", "--measure", "1s", "--readonly").status(t, 1)
	for _, args := range [][]string{{"topics", "--measure", "-1s"}, {"tail", "greetings", "--decode", "nope"}, {"tail", "greetings", "--filter", "re:("}} {
		w.run(t, args...).status(t, 2)
	}
	if got := w.run(t, "tail", "nope*").status(t, 1); !strings.Contains(got.err, `no topic "nope*" in file`) {
		t.Error(got.err)
	}
}
