package secret_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/microtop/microtop/introspect/secret"
)

func TestSecretsAreFoundByName(t *testing.T) {
	for name, want := range map[string]bool{
		"Authorization": true, "X-Api-Key": true, "refresh_token": true, "userPassword": true, "Set-Cookie": true, "clientSecret": true, "db_passwd": true,
		"tenant": false, "key": false, "author": false, "": false,
	} {
		if secret.Named(name) != want {
			t.Errorf("%s: want %v", name, want)
		}
	}
}

func TestValuesOfSecretsAreLeftOut(t *testing.T) {
	for _, c := range []struct {
		in, want string
		found    bool
	}{
		{`{"b":1,"a":{"password":"x"},"list":[{"token":5}]}`, `{"b":1,"a":{"password":"[redacted]"},"list":[{"token":"[redacted]"}]}`, true},
		{`{"secrets":{"a":["x",{"b":"y"}],"n":null,"e":""}}`, `{"secrets":{"a":["[redacted]",{"b":"[redacted]"}],"n":null,"e":""}}`, true},
		{`{"id": 9007199254740993, "t": "<&>"}`, `{"id":9007199254740993,"t":"<&>"}`, false},
		{`"token"`, `"token"`, false},
	} {
		got, found, ok := secret.JSON([]byte(c.in))
		if string(got) != c.want || found != c.found || !ok {
			t.Errorf("%s: %s %v %v", c.in, got, found, ok)
		}
	}
	for _, bad := range []string{"", "{", `{} {}`, "user=a&password=b", strings.Repeat("[", 1000)} {
		if _, _, ok := secret.JSON([]byte(bad)); ok {
			t.Errorf("%.20q is read", bad)
		}
	}
	md := map[string]string{"Authorization": "Bearer x", "tenant": "acme"}
	got, found := secret.Metadata(md)
	if got["Authorization"] != secret.Mark || got["tenant"] != "acme" || !found || md["Authorization"] != "Bearer x" {
		t.Error(got, md)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"token":"x"}],"b":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		out, _, ok := secret.JSON(body)
		if ok && (!json.Valid(out) || len(out) > 6*len(body)+len(secret.Mark)*len(body)) {
			t.Fatalf("%q becomes %q", body, out)
		}
	})
}

func ExampleJSON() {
	out, found, _ := secret.JSON([]byte(`{"user": "ada", "password": "hunter2"}`))
	fmt.Println(string(out), found)
	// Output: {"user":"ada","password":"[redacted]"} true
}
