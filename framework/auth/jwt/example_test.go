package jwt_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"

	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/auth/jwt"
)

func Example() {
	// In earnest the keys come from files: openssl genpkey -algorithm ed25519 | openssl base64 -A
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	text := func(kind string, der []byte, err error) string {
		if err != nil {
			fmt.Println(err)
		}
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(private)
	privateText := text("PRIVATE KEY", privateDER, err)
	publicDER, err := x509.MarshalPKIXPublicKey(public)
	publicText := text("PUBLIC KEY", publicDER, err)

	issuer := jwt.NewAuth(auth.Namespace("shop"), auth.PrivateKey(privateText))
	account, err := issuer.Generate("ada", auth.WithScopes("orders"))
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := issuer.Token(auth.WithCredentials(account.ID, account.Secret))
	if err != nil {
		fmt.Println(err)
		return
	}

	verifier := jwt.NewAuth(auth.Namespace("shop"), auth.PublicKey(publicText))
	who, err := verifier.Inspect(token.AccessToken)
	fmt.Println(who.ID, who.Scopes, err)
	_, err = verifier.Inspect(account.Secret)
	fmt.Println(err)
	// Output:
	// ada [orders] <nil>
	// invalid token provided
}
