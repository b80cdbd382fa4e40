package mucp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/mucp"
)

func FuzzParseTimeout(f *testing.F) {
	for _, seed := range []string{"", "0", "5000000000", "-1", "18446744073709551616", "-18446744073709551616", "1e9", "soon", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := mucp.ParseTimeout(text)
		if d < 0 || d > mucp.MaxTimeout || err != nil && !strings.HasPrefix(text, "-") {
			t.Errorf("%q: %v, %v", text, d, err)
		}
	})
}

func TestTimeoutsComeBack(t *testing.T) {
	for _, want := range []time.Duration{1, time.Millisecond, 5 * time.Second} {
		if got, err := mucp.ParseTimeout(mucp.FormatTimeout(want)); err != nil || got != want {
			t.Errorf("%v became %v, %v", want, got, err)
		}
	}
}

func FuzzErrorText(f *testing.F) {
	for _, seed := range []string{"", "plain", "two\nlines", "nul\x00", strings.Repeat("long", 5000), "\xff\xfe", `{"code":1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, err := range []error{errors.New(text), errs.New("id", text, 500), fmt.Errorf("wrapped: %w", errs.New(text, text, 500))} {
			got := mucp.ErrorText(err)
			if got == "" || len(got) > 16<<10 || strings.ContainsAny(got, "\r\n\x00") {
				t.Errorf("%q became %d bytes: %.60q", text, len(got), got)
			}
		}
	})
}

func TestErrorTextKeepsTheTypedError(t *testing.T) {
	want := errs.New("svc", strings.Repeat("é", 10_000), 404)
	got := errs.Parse(mucp.ErrorText(fmt.Errorf("x: %w", want)))
	if got.GetCode() != 404 || got.GetId() != "svc" || !utf8.ValidString(got.GetDetail()) {
		t.Errorf("got %+v", got)
	}
}

func TestCodecsAreLentAgain(t *testing.T) {
	codecs := mucp.NewCodecs(mucp.DefaultCodecs())
	for range 3 {
		c := codecs.Lend(mucp.JSON, []byte(`{"a":1} junk`))
		var got map[string]int
		if err := c.ReadBody(&got); err != nil || got["a"] != 1 || len(c.Written()) != 0 {
			t.Fatalf("%v, %v, wrote %q", got, err, c.Written())
		}
		if err := c.Write(nil, got); err != nil || string(c.Written()) != "{\"a\":1}\n" {
			t.Fatalf("%q, %v", c.Written(), err)
		}
		c.Release()
	}
	if codecs.Lend("application/json; charset=utf-8", nil) != nil || codecs.Has("") {
		t.Error("content types are not matched exactly")
	}
}
