package http

import (
	"bytes"
	"errors"
	stdhttp "net/http"
	"strings"

	"github.com/microtop/microtop/framework/client"
	errs "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/internal/mucp"
)

// longest is how much of a body is told as an error's detail, in bytes.
const longest = 1 << 10

// refusal is what an answer says went wrong; nil for 2xx. The code is the status; id and detail are those of the
// framework's error, if the body is one, else the service's name and the body's text.
func refusal(rsp *stdhttp.Response, body []byte, service string) error {
	switch {
	case rsp.Header.Get(mucp.Draining) != "":
		return client.DrainingError()
	case rsp.StatusCode/100 == 2:
		return nil
	}
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] == '{' && len(text) <= longest {
		if said := errs.Parse(string(text)); said.GetId() != "" && said.GetDetail() != "" {
			return client.NewError(said.GetId(), rsp.StatusCode, "", errors.New(said.GetDetail()))
		}
	}
	return client.NewError(service, rsp.StatusCode, "", errors.New(detail(body, rsp.StatusCode)))
}

func detail(body []byte, code int) string {
	if len(body) > longest {
		body = body[:longest]
	}
	text := strings.TrimSpace(strings.ToValidUTF8(string(body), ""))
	if text == "" {
		return strings.TrimSpace("status " + stdhttp.StatusText(code))
	}
	return text
}
