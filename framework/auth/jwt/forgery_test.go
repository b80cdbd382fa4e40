package jwt_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/auth/jwt"
)

// forgery is a token that must not be taken.
type forgery struct {
	name  string
	auth  auth.Auth
	token []string // each of them
}

func forgeries() []forgery {
	in := time.Now().Add(time.Hour)
	good := v4Claims(in)
	with := func(change string) string { return strings.TrimSuffix(good, "}") + "," + change + "}" }
	attacker := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	point := must(attacker.PublicKey.Bytes())
	es256 := func(signed []byte) []byte {
		digest := sha256.Sum256(signed)
		r, s, err := ecdsa.Sign(rand.Reader, attacker, digest[:])
		if err != nil {
			panic(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
	r, e, mine := rsaPair().open(), ecPair().open(), rsaPair().open(jwt.WithAudience("shop"))
	none := func(alg string) string { return forge(`{"alg":"`+alg+`","typ":"JWT"}`, good, zeros(0)) }
	whole := forge(rs256Header, good, rs256)
	return []forgery{
		{"alg none, None, nOnE", r, []string{none("none"), none("None"), none("nOnE"), none("NONE"), none("")}},
		{"HS256 with the RSA public PEM as key", r, []string{forge(`{"alg":"HS256"}`, good, hs256(rsaPair().publicPEM))}},
		{"HS256 with an empty key", r, []string{forge(`{"alg":"HS256"}`, good, hs256(nil)), forge(`{"alg":"HS256"}`, good, zeros(32))}},
		{"PS256 by the RS256 key", r, []string{forge(`{"alg":"PS256"}`, good, ps256), forge(rs256Header, good, ps256)}},
		{"ES256 with a zero signature", e, []string{forge(`{"alg":"ES256"}`, good, zeros(64)), forge(`{"alg":"ES256"}`, good, zeros(0))}},
		{"kid names a file", r, []string{forge(`{"alg":"HS256","kid":"../../dev/null"}`, good, hs256(nil)), forge(`{"alg":"ES256","kid":"../../dev/null"}`, good, es256)}},
		{"jku, x5u and jwk name the attacker's key", e, []string{
			forge(`{"alg":"ES256","jku":"http://127.0.0.1:1/keys"}`, good, es256), forge(`{"alg":"ES256","x5u":"http://127.0.0.1:1/cert"}`, good, es256),
			forge(fmt.Sprintf(`{"alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":%q,"y":%q}}`, segment(point[1:33]), segment(point[33:])), good, es256),
		}},
		{"expired", r, []string{forge(rs256Header, v4Claims(time.Now().Add(-time.Second)), rs256)}},
		{"nbf in the future", r, []string{forge(rs256Header, with(fmt.Sprintf(`"nbf":%d`, in.Unix())), rs256)}},
		{"no exp", r, []string{
			forge(rs256Header, `{"sub":"ada","iss":"go.micro"}`, rs256), forge(rs256Header, `{"sub":"ada","iss":"go.micro","exp":null}`, rs256),
			forge(rs256Header, fmt.Sprintf(`{"sub":"ada","iss":"go.micro","EXP":%d}`, in.Unix()), rs256), forge(rs256Header, `{"sub":"ada","iss":"go.micro","exp":1e300}`, rs256),
		}},
		{"wrong iss", r, []string{forge(rs256Header, strings.Replace(good, namespace, "other", 1), rs256), forge(rs256Header, fmt.Sprintf(`{"sub":"ada","exp":%d}`, in.Unix()), rs256)}},
		{"wrong aud", mine, []string{forge(rs256Header, with(`"aud":"mail"`), rs256), forge(rs256Header, with(`"aud":["mail","post"]`), rs256), whole}},
		{"aud [\"\"]", r, []string{forge(rs256Header, with(`"aud":[""]`), rs256), forge(rs256Header, with(`"aud":""`), rs256), forge(rs256Header, with(`"aud":[]`), rs256), forge(rs256Header, with(`"aud":null`), rs256)}},
		{"stripped signature", r, []string{whole[:strings.LastIndex(whole, ".")+1], whole[:strings.LastIndex(whole, ".")], whole[:len(whole)-1], whole + "="}},
		{"1 MiB of dots", r, []string{strings.Repeat(".", 1<<20)}},
		{"claims or headers named twice", r, []string{
			forge(rs256Header, with(`"sub":"root"`), rs256), forge(rs256Header, with(fmt.Sprintf(`"exp":%d`, in.Unix())), rs256),
			forge(rs256Header, with(`"\u0073ub":"root"`), rs256), forge(`{"alg":"RS256","alg":"RS256"}`, good, rs256),
		}},
		// Beyond the sixteen of the list.
		{"an extension that must be known", r, []string{forge(`{"alg":"RS256","crit":["b64"],"b64":false}`, good, rs256), forge(`{"alg":"RS256","cr\u0069t":[]}`, good, rs256)}},
		{"no sub", r, []string{forge(rs256Header, fmt.Sprintf(`{"iss":"go.micro","exp":%d}`, in.Unix()), rs256)}},
		{"an unknown use", r, []string{forge(rs256Header, with(`"token_use":"admin"`), rs256)}},
		{"claims of other types", r, []string{forge(rs256Header, with(`"nbf":"soon"`), rs256), forge(rs256Header, `null`, rs256), forge(rs256Header, `[]`, rs256), forge(rs256Header, with(`"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)), rs256)}},
	}
}

// TestS12_Forgeries tries every known way to forge a token. The table goes to the test's log.
func TestS12_Forgeries(t *testing.T) {
	inspectable(t, rsaPair().open(), forge(rs256Header, v4Claims(time.Now().Add(time.Hour)), rs256)) // so that the refusals mean something
	accepted, tokens := 0, 0
	t.Logf("%-45s %7s %9s  %s", "S-12", "tokens", "max alloc", "answer")
	for _, f := range forgeries() {
		var most uint64
		answer := ""
		for i, token := range f.token {
			tokens++
			var account *auth.Account
			var err error
			most = max(most, allocated(func() { account, err = f.auth.Inspect(token) }))
			if account != nil || err == nil {
				accepted++
				t.Errorf("%s (%d): taken for %+v", f.name, i, account)
			}
			if err != auth.ErrInvalidToken { //nolint:errorlint // the very same, so that its text tells nothing
				t.Errorf("%s (%d): %v, want ErrInvalidToken itself", f.name, i, err)
			}
			if _, err := auth.InspectAccess(f.auth, token); !errors.Is(err, auth.ErrInvalidToken) {
				t.Errorf("%s (%d): InspectAccess: %v", f.name, i, err)
			}
			answer = fmt.Sprint(err)
		}
		if most > 64<<10 {
			t.Errorf("%s: %d bytes allocated, limit 64 KiB", f.name, most)
		}
		t.Logf("%-45s %7d %7d B  %s", f.name, len(f.token), most, answer)
	}
	t.Logf("accepted %d of %d forged tokens (limit 0)", accepted, tokens)
}

// allocated measures how many bytes fn allocates: the least of three, since others allocate too.
func allocated(fn func()) uint64 {
	least := ^uint64(0)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		fn()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// Headers that name keys are not looked at: the configured key is the only one.
func TestHeadersThatNameKeysAreIgnored(t *testing.T) {
	for _, header := range []string{
		`{"alg":"RS256","kid":"../../dev/null"}`, `{"alg":"RS256","jku":"http://127.0.0.1:1/"}`,
		`{"alg":"RS256","x5u":"http://127.0.0.1:1/"}`, `{"alg":"RS256","jwk":{"kty":"oct","k":""}}`,
	} {
		inspectable(t, rsaPair().open(), forge(header, v4Claims(time.Now().Add(time.Hour)), rs256))
	}
}
