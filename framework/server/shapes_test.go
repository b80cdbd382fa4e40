package server_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestS03_WrongShapes posts what is no request of the endpoint's in every JSON codec: each gets one answer, nothing
// panics, and the connection serves the next caller.
func TestS03_WrongShapes(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`[`, 100_000)
	nested := strings.Repeat(`{"name":`, 100_000)
	type kind int
	const (
		served  kind = iota // an answer without an error
		refused             // a Micro-Error
	)
	bodies := map[string]struct {
		body string
		want kind
	}{
		"null":             {`null`, refused}, // protojson's own rule; json-rpc takes it for no parameter
		"an empty object":  {`{}`, served},
		"duplicate keys":   {`{"name":"a","name":"b"}`, refused},
		"an array":         {`[]`, refused},
		"a string":         {`"x"`, refused},
		"a number":         {`1e999`, refused},
		"a huge number":    {`{"count":1e999}`, refused},
		"a wrong type":     {`{"name":{"a":1}}`, refused},
		"an open object":   {`{"name":"a"`, refused},
		"invalid UTF-8":    {"{\"name\":\"\xff\xfe\"}", refused},
		"a lone surrogate": {`{"name":"\ud800"}`, refused},
		"deep arrays":      {deep, refused},
		"deep objects":     {nested, refused},
		"deep in a field":  {`{"name":` + deep, refused},
	}
	for name, c := range bodies {
		t.Run("json/"+name, func(t *testing.T) {
			t.Parallel()
			p := connect(t, start(t, all()))
			p.write(post(c.body, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1"))
			f, _ := p.read()
			if f.ID != "1" || (f.Error == "") != (c.want == served) {
				t.Errorf("answer %+v", f)
			}
			mustServeTheNext(t, p)
		})
		t.Run("json-rpc/"+name, func(t *testing.T) {
			t.Parallel()
			p := connect(t, start(t, all()))
			p.write(post(fmt.Sprintf(`{"method":"Greeter.Hello","params":[%s],"id":"1"}`, c.body),
				"Content-Type: application/json-rpc", "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1"))
			f, _ := p.read()
			if f.ID != "1" || (f.Error == "") != (c.want == served || name == "null") {
				t.Errorf("answer %+v", f)
			}
			mustServeTheNext(t, p)
		})
	}
	for name, c := range map[string]struct {
		body string
		want kind
	}{
		"an array":    {`[]`, refused},
		"a string":    {`"x"`, refused},
		"deep params": {`{"method":"Greeter.Hello","params":` + deep, refused},
		// The headers name the endpoint, so that these are requests without a field set.
		"null":                    {`null`, served},
		"no method":               {`{"params":[{}],"id":"1"}`, served},
		"params that are no list": {`{"method":"Greeter.Hello","params":{},"id":"1"}`, served},
	} {
		t.Run("json-rpc envelope/"+name, func(t *testing.T) {
			t.Parallel()
			p := connect(t, start(t, all()))
			p.write(post(c.body, "Content-Type: application/json-rpc", "Micro-Endpoint: Greeter.Hello", "Micro-Id: 1"))
			if f, _ := p.read(); (f.Error == "") != (c.want == served) {
				t.Errorf("answer %+v", f)
			}
			mustServeTheNext(t, p)
		})
	}
}

func mustServeTheNext(t *testing.T, p *peer) {
	t.Helper()
	p.write(post(`{"name":"next"}`, "Micro-Endpoint: Greeter.Hello", "Micro-Id: 2"))
	f, _ := p.read()
	var answer struct{ Message string }
	if err := json.Unmarshal([]byte(f.Body), &answer); err != nil || f.Error != "" || !strings.Contains(answer.Message, "next") {
		t.Errorf("the next request got %+v (%v)", f, err)
	}
}
