package collection

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/shell"
)

// GRPCurl is a request as a grpcurl line that makes the same call, over plaintext where secured is nil. grpcurl knows no
// registry, so that the request must name an address; retries and a content type have no flag there.
func GRPCurl(r invoke.Request, secured *TLS) (string, error) {
	if r.Address == "" {
		return "", errors.New("grpcurl knows no registry: the call must name an address")
	}
	if strings.HasPrefix(r.Address, "-") {
		return "", errors.New("grpcurl takes the address " + strconv.Quote(r.Address) + " for a flag: write HOST:PORT")
	}
	method, err := methodOf(r)
	if err != nil {
		return "", err
	}
	args := append([]string{"grpcurl"}, grpcurlFlagsOf(secured)...)
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		value := r.Metadata[key]
		if strings.ContainsAny(key, ": \t") || strings.TrimSpace(value) != value {
			return "", errors.New("grpcurl cannot send the metadata " + strconv.Quote(key) + ": it trims headers and parts them at the first colon")
		}
		args = append(args, "-H", key+": "+value)
	}
	if r.Timeout > 0 {
		args = append(args, "-max-time", strconv.FormatFloat(r.Timeout.Seconds(), 'f', -1, 64))
	}
	body := oneRow(r.Body)
	if body == "@" {
		return "", errors.New(`grpcurl takes the body "@" for standard input`)
	}
	if body != "" {
		args = append(args, "-d", body)
	}
	return shell.Join(append(args, r.Address, method)...), nil
}

// grpcurlFlagsOf secure a connection as t says.
func grpcurlFlagsOf(t *TLS) []string {
	if t == nil {
		return []string{"-plaintext"}
	}
	var out []string
	for _, text := range t.texts() {
		switch {
		case *text.value == "":
		case text.flag == "ca":
			out = append(out, "-cacert", *text.value)
		default:
			out = append(out, "-"+text.flag, *text.value)
		}
	}
	if t.Insecure {
		out = append(out, "-insecure")
	}
	return out
}

// methodOf is the method as grpcurl names it, SERVICE/METHOD. Handler.Method is a handler of the service's package.
func methodOf(r invoke.Request) (string, error) {
	service, method := r.Service, r.Endpoint
	if path, ok := strings.CutPrefix(method, "/"); ok {
		service, method, _ = strings.Cut(path, "/")
	} else if handler, short, ok := strings.Cut(method, "."); ok {
		if method = short; service != handler && !strings.HasSuffix(service, "."+handler) {
			service = strings.TrimPrefix(service+"."+handler, ".")
		}
	}
	if service == "" || method == "" || strings.HasPrefix(service, "-") || strings.ContainsAny(method, "/.") {
		return "", errors.New("the call names no gRPC method: write it as SERVICE METHOD or /SERVICE/METHOD")
	}
	return service + "/" + method, nil
}
