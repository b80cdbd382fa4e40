package transport_test

import (
	"strings"
	"testing"

	"github.com/microtop/microtop/framework/transport"
)

// TestS05_S06_AmbiguousRequestsAreRefused sends each request with a second one behind it: either the first is one message and
// the second another, or the first is refused and nothing behind it is looked at. There is no third reading.
func TestS05_S06_AmbiguousRequestsAreRefused(t *testing.T) {
	const (
		start  = "POST / HTTP/1.1\r\n"
		behind = "POST / HTTP/1.1\r\nMicro-Id: behind\r\nContent-Length: 0\r\n\r\n"
	)
	for name, c := range map[string]struct {
		request string
		status  string // "" for accepted
	}{
		"plain":                          {start + "Content-Length: 2\r\n\r\nab", ""},
		"no body":                        {start + "\r\n", ""},
		"chunked":                        {start + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", ""},
		"any host":                       {start + "Host: whatever\r\n\r\n", ""},
		"other headers may repeat":       {start + "Accept: a\r\naccept: b\r\n\r\n", ""},
		"upgrade is not offered":         {start + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 2\r\n\r\nab", ""},
		"length and chunks":              {start + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX", "400"},
		"chunks and length":              {start + "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX", "400"},
		"two lengths":                    {start + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", "400"},
		"two equal lengths":              {start + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", "400"},
		"lengths in a list":              {start + "Content-Length: 2, 2\r\n\r\nab", "400"},
		"a length with a sign":           {start + "Content-Length: +2\r\n\r\nab", "400"},
		"a negative length":              {start + "Content-Length: -2\r\n\r\nab", "400"},
		"a hexadecimal length":           {start + "Content-Length: 0x2\r\n\r\nab", "400"},
		"an empty length":                {start + "Content-Length:\r\n\r\n", "400"},
		"a length beyond 64 bits":        {start + "Content-Length: 18446744073709551618\r\n\r\nab", "400"},
		"another encoding":               {start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400"},
		"two encodings":                  {start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400"},
		"chunked twice":                  {start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
		"chunked with a vertical tab":    {start + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", "400"},
		"identity":                       {start + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nab", "400"},
		"chunks in HTTP/1.0":             {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
		"a folded header":                {start + "X: a\r\n Content-Length: 2\r\n\r\n", "400"},
		"a header folded with a tab":     {start + "X: a\r\n\tb\r\n\r\n", "400"},
		"a bare line feed":               {start + "X: a\nContent-Length: 2\r\n\r\nab", "400"},
		"a bare line feed at the end":    {start + "X: a\r\n\n", "400"},
		"a bare carriage return":         {start + "X: a\rContent-Length: 2\r\n\r\n", "400"},
		"a space before the colon":       {start + "Content-Length : 2\r\n\r\nab", "400"},
		"a space before the name":        {start + " Content-Length: 2\r\n\r\nab", "400"},
		"a line without a colon":         {start + "nonsense\r\n\r\n", "400"},
		"a header without a name":        {start + ": x\r\n\r\n", "400"},
		"a name outside ASCII":           {start + "Größe: x\r\n\r\n", "400"},
		"NUL in a value":                 {start + "X: a\x00b\r\n\r\n", "400"},
		"ESC in a value":                 {start + "Micro-Id: a\x1bb\r\n\r\n", "400"},
		"DEL in a value":                 {start + "X: a\x7fb\r\n\r\n", "400"},
		"ESC in a host":                  {start + "Host: a\x1bb\r\n\r\n", "400"},
		"NUL in an error":                {start + "Micro-Error: a\x00b\r\n\r\n", "400"},
		"ESC in an error":                {start + "Micro-Error: a\x1bb\r\n\r\n", ""},
		"a tab in a value":               {start + "X: a\tb\r\n\r\n", ""},
		"a value outside ASCII":          {start + "X: Größe \x80\xff\r\n\r\n", ""},
		"NUL in a name":                  {start + "X\x00: a\r\n\r\n", "400"},
		"two hosts":                      {start + "Host: a\r\nHost: b\r\n\r\n", "400"},
		"three spellings of an endpoint": {start + "Micro-Endpoint: A.B\r\nmicro-endpoint: C.D\r\nMICRO-ENDPOINT: E.F\r\n\r\n", "400"},
		"a repeated twin":                {start + "X-Micro-Service: a\r\nX-Micro-Service: b\r\n\r\n", "400"},
		"two content types":              {start + "Content-Type: application/json\r\ncontent-type: application/protobuf\r\n\r\n", "400"},
		"two authorizations":             {start + "Authorization: a\r\nAuthorization: b\r\n\r\n", "400"},
		"no version":                     {"POST /\r\n\r\n", "400"},
		"no target":                      {"POST  HTTP/1.1\r\n\r\n", "400"},
		"a method that is none":          {"PO(ST / HTTP/1.1\r\n\r\n", "400"},
		"HTTP/2":                         {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
		"HTTP/0.9":                       {"GET / HTTP/0.9\r\n\r\n", "505"},
		"a version with a tail":          {"GET / HTTP/1.1 \r\n\r\n", "505"},
		"an empty first line":            {"\r\n" + start + "\r\n", "400"},
		"another expectation":            {start + "Expect: 200-ok\r\nContent-Length: 2\r\n\r\nab", "417"},
		"a chunk size with a sign":       {start + "Transfer-Encoding: chunked\r\n\r\n+2\r\nab\r\n0\r\n\r\n", "400"},
		"a chunk size with a prefix":     {start + "Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n", "400"},
		"a chunk size with a space":      {start + "Transfer-Encoding: chunked\r\n\r\n2 \r\nab\r\n0\r\n\r\n", "400"},
		"a chunk size beyond all":        {start + "Transfer-Encoding: chunked\r\n\r\n100000002\r\nab\r\n0\r\n\r\n", "400"},
		"an empty chunk size":            {start + "Transfer-Encoding: chunked\r\n\r\n\r\nab\r\n0\r\n\r\n", "400"},
		"a chunk longer than its size":   {start + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", "400"},
		"a chunk's bare line feed":       {start + "Transfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n", "400"},
		"an extension with a line feed":  {start + "Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\nab\r\n0\r\n\r\n", "400"},
		"an extension of 64 KiB":         {start + "Transfer-Encoding: chunked\r\n\r\n2;" + strings.Repeat("a", 64<<10) + "\r\nab\r\n0\r\n\r\n", "400"},
		"many extensions":                {start + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1;"+strings.Repeat("a", 4000)+"\r\nx\r\n", 10) + "0\r\n\r\n", "400"},
		"too many trailers":              {start + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: "+strings.Repeat("a", 4000)+"\r\n", 10) + "\r\n", "431"},
	} {
		t.Run(name, func(t *testing.T) {
			got, answer := deliver(t, transport.NewHTTPTransport(), c.request+behind)
			if c.status == "" {
				if len(got) != 2 || got[1].Header["Micro-Id"] != "behind" || answer != "" {
					t.Errorf("%d messages and answer %q, want both and none", len(got), answer)
				}
				return
			}
			if len(got) != 0 {
				t.Errorf("%d messages came of it: %v", len(got), got)
			}
			if !strings.HasPrefix(answer, "HTTP/1.1 "+c.status+" ") || strings.Count(answer, "HTTP/1.1") != 1 {
				t.Errorf("answer %q, want one %s", answer, c.status)
			}
		})
	}
}
