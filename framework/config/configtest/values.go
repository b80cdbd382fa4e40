package configtest

import (
	"encoding/json"
	"math"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config/reader"
)

func empty(s *suite) {
	c, _ := s.with()
	s.wantAll(c, `{}`)
	if string(c.Bytes()) != "{}" {
		s.Errorf("Bytes = %s, want {}", c.Bytes())
	}
}

func merged(s *suite) {
	c, _ := s.with(`{"host":"a","db":{"user":"root","port":1}}`, `{"db":{"port":2,"tls":true}}`)
	s.wantAll(c, `{"host":"a","db":{"user":"root","port":2,"tls":true}}`)
}

func emptyWins(s *suite) {
	c, _ := s.with(`{"a":1,"b":true,"c":"x","d":[1],"e":1}`, `{"a":0,"b":false,"c":"","d":[],"e":null}`)
	s.wantAll(c, `{"a":0,"b":false,"c":"","d":[],"e":null}`)
}

func replaced(s *suite) {
	c, _ := s.with(`{"list":[1,2],"a":1,"b":{"x":1}}`, `{"list":[3],"a":{"y":2},"b":4}`)
	s.wantAll(c, `{"list":[3],"a":{"y":2},"b":4}`)
}

// many has values of every kind.
const many = `{"a":{"b":true,"n":"12","f":1.5,"d":"3s","ns":1000,"l":["x",1],"c":"x,y","m":{"k":"v","n":1}}}`

func byPath(s *suite) {
	c, _ := s.with(many)
	at := func(name string) reader.Value { return c.Get("a", name) }
	for name, pair := range map[string][2]any{
		"Bool":                    {at("b").Bool(false), true},
		"Int of text":             {at("n").Int(0), 12},
		"Int of a fraction":       {at("f").Int(0), 1},
		"Float64":                 {at("f").Float64(0), 1.5},
		"String of a number":      {at("f").String(""), "1.5"},
		"Duration":                {at("d").Duration(0), 3 * time.Second},
		"Duration of nanoseconds": {at("ns").Duration(0), time.Microsecond},
		"StringSlice":             {at("l").StringSlice(nil), []string{"x", "1"}},
		"StringSlice of text":     {at("c").StringSlice(nil), []string{"x", "y"}},
		"StringMap":               {at("m").StringMap(nil), map[string]string{"k": "v", "n": "1"}},
		"Bytes of text":           {string(at("d").Bytes()), "3s"},
		"Bytes of nothing":        {string(at("none").Bytes()), "null"},
		"without a path":          {string(c.Get().Bytes()), string(c.Bytes())},
	} {
		if diff := cmp.Diff(pair[1], pair[0]); diff != "" {
			s.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	var m struct{ K string }
	if err := at("m").Scan(&m); err != nil || m.K != "v" {
		s.Errorf("Scan: %+v, %v", m, err)
	}
}

func fallbacks(s *suite) {
	c, _ := s.with(many)
	for name, v := range map[string]reader.Value{"nothing": c.Get("none"), "below a value": c.Get("a", "b", "c"), "an object": c.Get("a", "m")} {
		got := []any{v.Bool(true), v.Int(7), v.Float64(7.5), v.String("x"), v.Duration(time.Second), v.StringSlice([]string{"x"})}
		if diff := cmp.Diff([]any{true, 7, 7.5, "x", time.Second, []string{"x"}}, got); diff != "" {
			s.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := c.Get("a", "n").StringMap(map[string]string{"x": "y"}); got["x"] != "y" {
		s.Errorf("StringMap of text = %v", got)
	}
	var kept struct{ K string }
	kept.K = "mine"
	if err := c.Get("none").Scan(&kept); err != nil || kept.K != "mine" {
		s.Errorf("Scan of nothing: %+v, %v", kept, err)
	}
}

func digits(s *suite) {
	c, _ := s.with(`{"a":{"id":9007199254740993}}`)
	var out struct{ A struct{ ID int64 } }
	if err := c.Scan(&out); err != nil || out.A.ID != 1<<53+1 || c.Get("a", "id").Int(0) != 1<<53+1 {
		s.Errorf("got %d and %d, %v, want %d", out.A.ID, c.Get("a", "id").Int(0), err, 1<<53+1)
	}
}

func environment(s *suite) {
	s.Setenv("CONFIGTEST_SECRET", `a"b\`)
	s.Setenv("CONFIGTEST_NESTED", "${CONFIGTEST_SECRET}")
	c, _ := s.with(`{"s":"x${CONFIGTEST_SECRET}y","none":"${CONFIGTEST_UNSET}","nested":"${CONFIGTEST_NESTED}"}`)
	s.wantAll(c, `{"s":"xa\"b\\y","none":"","nested":"${CONFIGTEST_SECRET}"}`)
}

func same(s *suite) {
	c, _ := s.with(many)
	c.Set("later", "a", "new")
	var bytes, scanned, got map[string]any
	if err := json.Unmarshal(c.Bytes(), &bytes); err != nil {
		s.Fatalf("Bytes: %v", err)
	}
	if err := c.Scan(&scanned); err != nil {
		s.Fatalf("Scan: %v", err)
	}
	if err := c.Get().Scan(&got); err != nil {
		s.Fatalf("Get().Scan: %v", err)
	}
	for name, other := range map[string]map[string]any{"Bytes": bytes, "Scan": scanned, "Get": got} {
		if diff := cmp.Diff(c.Map(), other); diff != "" {
			s.Errorf("%s (-Map +%s):\n%s", name, name, diff)
		}
	}
}

func kept(s *suite) {
	c, _ := s.with(`{"a":{"b":1,"c":2}}`)
	got := c.Get("a")
	c.Set("x", "a", "b")
	c.Del("a", "c")
	if string(got.Bytes()) != `{"b":1,"c":2}` {
		s.Errorf("what was got before is now %s", got.Bytes())
	}
}

func notAliased(s *suite) {
	c, _ := s.with(`{"a":{"b":1},"list":["x"]}`)
	mine := c.Map()
	if a, ok := mine["a"].(map[string]any); ok {
		a["b"] = "changed"
	}
	mine["new"] = true
	c.Get("list").StringSlice(nil)[0] = "changed"
	c.Get("a").StringMap(nil)["b"] = "changed"
	all, a, got := string(c.Bytes()), string(c.Get("a").Bytes()), string(c.Get().Bytes())
	for _, text := range [][]byte{c.Bytes(), c.Get("a").Bytes(), c.Get().Bytes()} {
		clear(text)
	}
	s.wantAll(c, `{"a":{"b":1},"list":["x"]}`)
	if diff := cmp.Diff([]string{all, a, got}, []string{string(c.Bytes()), string(c.Get("a").Bytes()), string(c.Get().Bytes())}); diff != "" {
		s.Errorf("bytes that the caller cleared (-before +after):\n%s", diff)
	}
}

func setAndDel(s *suite) {
	c, _ := s.with(`{"a":{"b":1,"c":2}}`)
	c.Set("x", "a", "b")
	c.Del("a", "c")
	c.Del("none", "there")
	c.Set([]int{1}, "new", "list")
	c.Set(true, "a", "b", "under a value")
	s.wantAll(c, `{"a":{"b":{"under a value":true}},"new":{"list":[1]}}`)
	if err := c.Sync(); err != nil {
		s.Fatalf("Sync: %v", err)
	}
	s.wantAll(c, `{"a":{"b":1,"c":2}}`)
	c.Del()
	s.wantAll(c, `{}`)
}

func notWritten(s *suite) {
	c, sources := s.with(`{"a":1}`)
	c.Set(2, "a")
	c.Del("a")
	if said, err := sources[0].Read(); err != nil || string(said.Data) != `{"a":1}` {
		s.Errorf("the source says %s, %v", said.Data, err)
	}
}

func unencodable(s *suite) {
	c, _ := s.with(`{"a":1}`)
	for _, what := range []any{func() {}, math.NaN(), make(chan int)} {
		c.Set(what, "a")
	}
	s.wantAll(c, `{"a":1}`)
}
