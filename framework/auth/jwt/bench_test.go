package jwt_test

import (
	"testing"
	"time"

	"github.com/microtop/microtop/framework/auth"
)

// BenchmarkInspect is what each guarded request costs, by kind of key.
func BenchmarkInspect(b *testing.B) {
	for _, c := range []struct {
		name string
		keys func() pair
	}{{"RS256", rsaPair}, {"ES256", ecPair}, {"EdDSA", edPair}, {"HS256", secretPair}} {
		b.Run(c.name, func(b *testing.B) {
			a := c.keys().open()
			account, err := a.Generate("ada", auth.WithScopes("orders"))
			if err != nil {
				b.Fatal(err)
			}
			token, err := a.Token(auth.WithCredentials("ada", account.Secret), auth.WithExpiry(time.Hour))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Inspect(token.AccessToken); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
