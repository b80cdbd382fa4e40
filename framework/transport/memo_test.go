package transport

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/limits"
)

// A head that is parsed after others says what it says alone.
func TestHeadsAfterOthers(t *testing.T) {
	t.Parallel()
	const post, ok = "POST / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n"
	for name, c := range map[string]struct {
		parse parser
		heads []string
	}{
		"requests": {parseRequest, []string{
			post + "Host: a\r\nContent-Length: 3\r\nMicro-Id: 1\r\nA: b\r\n",
			post + "Host: a\r\nContent-Length: 3\r\nMicro-Id: 2\r\nA: b\r\n",
			post + "Host: a\r\nContent-Length: 4\r\nmicro-id:  3 \r\nA: b\r\n",
			post + "Micro-Id: 4\r\n",
			post + "Host: a\r\nA: c\r\nMicro-Id: 3\r\nA: b\r\nA: d\r\n", // one repeats
			post + "Host: a\r\nA: c\r\nMicro-Id: 4\r\nA: b\r\nA: d\r\n",
			post + "Host: a\r\nB: c\r\nMicro-Id: 4\r\nA: b\r\nA: d\r\n", // another does
			post + "Host: a\r\nB: c\r\nMicro-Id: 4\r\nA: b\r\n",
			"PUT / HTTP/1.0\r\nHost: a\r\nB: c\r\nMicro-Id: 4\r\nA: b\r\n",
			post + "Transfer-Encoding: chunked\r\nB: c\r\nMicro-Id: 4\r\nA: b\r\n",
			post + "Host: a\r\nMicro-Id: 5\r\nMicro-Id: 6\r\n", // refused
		}},
		"repeated in a known place": {parseRequest, []string{
			post + "X: a\r\nTimeout: 1\r\n", post + "Timeout: 1\r\nTimeout: 1\r\n", // refused
		}},
		"a length in a known place": {parseRequest, []string{
			post + "Content-Length: 1\r\n", post + "Content-Length: x\r\n", // refused
		}},
		"a bad value in a known place": {parseRequest, []string{
			post + "Micro-Id: 1\r\n", post + "Micro-Id: \x01\r\n", // refused
		}},
		"responses": {parseResponse, []string{
			ok + "Content-Length: 3\r\nMicro-Id: 1\r\nX-Micro-Id: 1\r\n",
			ok + "Content-Length: 3\r\nMicro-Id: 2\r\nX-Micro-Id: 2\r\n",
			"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\nMicro-Id: 2\r\nX-Micro-Id: 2\r\n",
			ok + "Content-Length: 3\r\nMicro-Id: 2\r\nMicro-Id: 3\r\n",
			ok + "Content-Length: 3\r\nMicro-Id: 2\r\nX-Micro-Id: 2\r\n",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var after heads
			var got, want Fields
			for i, text := range c.heads {
				wantHead, wantErr := c.parse(text[:len(text)-2], &want, limits.Default(), nil)
				for again := range 2 {
					gotHead, err := after.parse([]byte(text[:len(text)-2]), &got, limits.Default(), c.parse)
					if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
						t.Fatalf("head %d: %v, want %v", i, err, wantErr)
					}
					if err == nil && (gotHead != wantHead || got.Lines != want.Lines || !slices.Equal(got.List, want.List)) {
						t.Errorf("head %d: %+v %+v, want %+v %+v", i, gotHead, got, wantHead, want)
					}
					if again == 0 && got.Same || again == 1 && err == nil && !got.Same && i > 0 {
						t.Errorf("head %d, time %d: the same as before: %v", i, again+1, got.Same)
					}
				}
			}
		})
	}
}

// A head whose likely value is taken for granted says what it says alone, and one that has another is not taken for it.
func TestHeadsWithALikelyValue(t *testing.T) {
	t.Parallel()
	var after heads
	var got, want Fields
	used := 0
	for i := range 400 {
		id := strconv.Itoa(i)
		text := "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nMicro-Id: " + id + "\r\nX-Micro-Id: " + id + "\r\nA: b"
		got.Likely = id
		switch i % 10 {
		case 1:
			text += "\r\nB: c"
		case 2:
			text = strings.Replace(text, "3", "4", 1)
		case 3:
			got.Likely = "1"
		case 4:
			text = strings.Replace(text, "Micro-Id: ", "Micro-Id:  ", 1)
		case 5:
			text = strings.TrimSuffix(text, "\r\nA: b")
		case 6:
			text = strings.Replace(text, "X-Micro-Id", "Y-Micro-Id", 1)
		}
		wantHead, err := parseResponse(text, &want, limits.Default(), nil)
		if err != nil {
			t.Fatal(err)
		}
		gotHead, err := after.parse([]byte(text), &got, limits.Default(), parseResponse)
		if err != nil || gotHead != wantHead || !slices.Equal(got.List, want.List) {
			t.Errorf("head %d: %+v %+v, %v; want %+v %+v", i, gotHead, got, err, wantHead, want)
		}
		if got.Lines == "" {
			used++
		}
	}
	if used < 100 {
		t.Errorf("of 400 heads %d were taken for what they are", used)
	}
}
