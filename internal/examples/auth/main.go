// Command auth lets in only callers that have a token with the scope that a rule asks for.
package main

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"log"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/auth"
	"github.com/microtop/microtop/framework/auth/jwt"
	"github.com/microtop/microtop/framework/metadata"
	wrapper "github.com/microtop/microtop/framework/wrapper/auth"

	// MICRO_REGISTRY=file is for hosts without multicast.
	_ "github.com/microtop/microtop/framework/registry/file"
)

// Request and Response are the messages of Greeter.
type (
	Request  struct{ Name string }
	Response struct{ Message string }
)

// Greeter is a handler: its exported methods are endpoints.
type Greeter struct{}

// Hello greets.
func (*Greeter) Hello(_ context.Context, req *Request, rsp *Response) error {
	rsp.Message = "hello " + req.Name
	return nil
}

// newAuth makes an Auth with a key that is made anew each time. In earnest the keys come with MICRO_AUTH_PRIVATE_KEY and
// MICRO_AUTH_PUBLIC_KEY.
func newAuth() (auth.Auth, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	publicDER, err := x509.MarshalPKIXPublicKey(public)
	text := func(kind string, der []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return jwt.NewAuth(auth.Namespace("shop"), auth.PrivateKey(text("PRIVATE KEY", privateDER)), auth.PublicKey(text("PUBLIC KEY", publicDER))), err
}

// login gives a token to an account.
func login(a auth.Auth) (string, error) {
	account, err := a.Generate("ada", auth.WithScopes("greetings"))
	if err != nil {
		return "", err
	}
	token, err := a.Token(auth.WithCredentials(account.ID, account.Secret))
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

func main() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	a, err := newAuth()
	rules := auth.NewRules()
	err = errors.Join(err, rules.Grant(&auth.Rule{ID: "greet", Scope: "greetings", Resource: &auth.Resource{Type: "service", Name: "auth", Endpoint: "*"}}))
	if err != nil {
		log.Fatal(err)
	}
	service := micro.NewService(micro.Name("auth"), micro.Context(ctx), micro.Auth(a), micro.WrapHandler(wrapper.NewHandlerWrapper(a, rules)))
	service.Init(micro.AfterStart(func() error {
		defer stop()
		c := service.Client()
		req, rsp := c.NewRequest("auth", "Greeter.Hello", &Request{Name: "ada"}), new(Response)
		fmt.Println("without a token:", c.Call(ctx, req, rsp) != nil)
		token, err := login(a)
		if err != nil {
			return err
		}
		if err := c.Call(metadata.Set(ctx, "Authorization", auth.BearerScheme+token), req, rsp); err != nil {
			return err
		}
		fmt.Println(rsp.Message)
		return nil
	}))
	if err := micro.RegisterHandler(service.Server(), new(Greeter)); err != nil {
		log.Fatal(err)
	}
	if err := service.Run(); err != nil {
		log.Fatal(err)
	}
}
