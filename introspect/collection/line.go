package collection

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/introspect/shell"
)

// Line is a request as a shell command that makes the same call, or talks over the same kind of stream. connect are the flags that say where to connect to,
// such as those of Session.Flags.
func Line(r invoke.Request, connect ...string) string {
	args := []string{"microtop", "call"}
	switch r.Kind {
	case schema.Server, schema.Client, schema.Bidi:
		args = []string{"microtop", "stream", string(r.Kind)}
	case schema.Stream: // nobody told the direction: this one fits any
		args = []string{"microtop", "stream", string(schema.Bidi)}
	case schema.Unary, schema.Subscriber:
	}
	args = append(args, connect...)
	flag := func(name, value string) {
		if value != "" {
			args = append(args, "--"+name, value)
		}
	}
	flag("address", r.Address)
	flag("node", r.Node)
	flag("service-version", r.Version)
	flag("content-type", r.ContentType)
	if r.Timeout > 0 {
		flag("timeout", r.Timeout.String())
	}
	if r.Retries != nil {
		flag("retries", strconv.Itoa(*r.Retries))
	}
	for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
		flag("metadata", key+"="+r.Metadata[key])
	}
	args = append(args, "--", r.Service, r.Endpoint)
	if !strings.HasPrefix(r.Service, "-") && !strings.HasPrefix(r.Endpoint, "-") && !bytes.HasPrefix(r.Body, []byte("-")) {
		args = slices.Delete(args, len(args)-3, len(args)-2)
	}
	if body := oneRow(r.Body); body != "" {
		args = append(args, body)
	}
	return shell.Join(args...)
}

// oneRow is a body on one row if it is JSON, else as it is.
func oneRow(body []byte) string {
	var out bytes.Buffer
	if json.Compact(&out, body) != nil {
		return string(body)
	}
	return out.String()
}

// Parse reads a `microtop call …` or `grpcurl …` line: the call, and how its connection is secured, nil for not. The
// registry that the line looks into is left out: whoever imports it is connected.
func Parse(line string) (invoke.Request, *TLS, error) {
	words, err := shell.Split(line)
	if err != nil {
		return invoke.Request{}, nil, err
	}
	if len(words) > 0 && words[0] == "$" {
		words = words[1:]
	}
	switch {
	case len(words) > 1 && base(words[0]) == "microtop" && words[1] == "call":
		return parseMicrotop(words[2:])
	case len(words) > 0 && base(words[0]) == "grpcurl":
		return parseGRPCurl(words[1:])
	}
	return invoke.Request{}, nil, fmt.Errorf("a line to import begins with `microtop call` or `grpcurl`")
}

func base(word string) string { return word[strings.LastIndexByte(word, '/')+1:] }

// flags takes words apart: what follows a flag with a value, and the rest. Flags that are not known are an error, as
// the call would not be the same without them.
func flags(words []string, takes func(name string) (value, known bool), set func(name, value string) error) (rest []string, err error) {
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if word == "--" {
			return append(rest, words...), nil
		}
		if !strings.HasPrefix(word, "-") || word == "-" {
			rest = append(rest, word)
			continue
		}
		name, value, inline := strings.Cut(strings.TrimLeft(word, "-"), "=")
		needs, known := takes(name)
		switch {
		case !known:
			return nil, fmt.Errorf("the flag %s cannot be imported", word)
		case needs && !inline && len(words) == 0:
			return nil, fmt.Errorf("the flag %s lacks its value", word)
		case needs && !inline:
			value, words = words[0], words[1:]
		}
		if err := set(name, value); err != nil {
			return nil, fmt.Errorf("%s: %w", word, err)
		}
	}
	return rest, nil
}

// connectFlags say where a `microtop call` connects to, and whether they have a value.
var connectFlags = map[string]bool{
	"context": true, "registry": true, "registry-address": true, "broker": true, "broker-address": true, "protocol": true, "client": true, "transport": true, "proto": true, "proto-path": true, "protoset": true,
	"tls": false, "ca": true, "cert": true, "key": true, "servername": true, "insecure": false,
}

func parseMicrotop(words []string) (invoke.Request, *TLS, error) {
	var secured *TLS
	r := invoke.Request{Metadata: map[string]string{}}
	set := map[string]func(string) error{
		"address":         func(v string) error { r.Address = v; return nil },
		"node":            func(v string) error { r.Node = v; return nil },
		"service-version": func(v string) error { r.Version = v; return nil },
		"content-type":    func(v string) error { r.ContentType = v; return nil },
		"timeout": func(v string) (err error) {
			if r.Timeout, err = time.ParseDuration(v); err == nil && r.Timeout <= 0 {
				err = errNoTime
			}
			return err
		},
		"retries": func(v string) error {
			n, err := strconv.Atoi(v)
			r.Retries = &n
			return err
		},
		"metadata": func(v string) error {
			key, value, ok := strings.Cut(v, "=")
			if !ok {
				return fmt.Errorf("%q is not key=value", v)
			}
			r.Metadata[key] = value
			return nil
		},
	}
	rest, err := flags(words, func(name string) (bool, bool) {
		name = strings.ReplaceAll(name, "_", "-")
		takes, connects := connectFlags[name]
		return takes || set[name] != nil, connects || set[name] != nil
	}, func(name, value string) error {
		if take := set[strings.ReplaceAll(name, "_", "-")]; take != nil {
			return take(value)
		}
		secured = secured.with(name, value)
		return nil
	})
	if err != nil {
		return r, nil, err
	}
	if len(rest) < 2 || len(rest) > 3 {
		return r, nil, fmt.Errorf("a call has SERVICE ENDPOINT [JSON], not %d words", len(rest))
	}
	r.Service, r.Endpoint = rest[0], rest[1]
	if len(rest) == 3 {
		r.Body = []byte(rest[2])
	}
	return r, secured, nil
}

var errNoTime = errors.New("the time is not more than 0, or no number")

// grpcurlFlags are those that change nothing of the call itself, and whether they have a value.
var grpcurlFlags = map[string]bool{
	"plaintext": false, "insecure": false, "cacert": true, "cert": true, "key": true, "servername": true, "v": false, "vv": false, "emit-defaults": false, "format-error": false,
	"format": true, "proto": true, "import-path": true, "protoset": true, "connect-timeout": true, "user-agent": true, "max-msg-sz": true,
}

func parseGRPCurl(words []string) (invoke.Request, *TLS, error) {
	secured, plain := &TLS{}, false
	r := invoke.Request{Metadata: map[string]string{}}
	header := func(v string) error {
		key, value, ok := strings.Cut(v, ":")
		if !ok {
			return fmt.Errorf("%q is not a header", v)
		}
		r.Metadata[strings.TrimSpace(key)] = strings.TrimSpace(value)
		return nil
	}
	set := map[string]func(string) error{
		"d": func(v string) error {
			if v == "@" {
				return fmt.Errorf("a body from standard input cannot be imported")
			}
			r.Body = []byte(v)
			return nil
		},
		"H": header, "rpc-header": header,
		"max-time": func(v string) error {
			seconds, err := strconv.ParseFloat(v, 64)
			if err == nil && !(seconds >= 1e-9 && seconds < 1e9) { // NaN is neither
				err = errNoTime
			}
			r.Timeout = time.Duration(seconds * float64(time.Second))
			return err
		},
	}
	rest, err := flags(words, func(name string) (bool, bool) {
		takes, known := grpcurlFlags[name]
		return takes || set[name] != nil, known || set[name] != nil
	}, func(name, value string) error {
		switch {
		case set[name] != nil:
			return set[name](value)
		case name == "plaintext":
			plain = value != "false"
		case name == "cacert":
			secured.CA = value
		default:
			secured = secured.with(name, value)
		}
		return nil
	})
	if err != nil {
		return r, nil, err
	}
	if len(rest) != 2 {
		return r, nil, fmt.Errorf("a grpcurl call has ADDRESS SERVICE/METHOD, not %d words", len(rest))
	}
	r.Address = rest[0]
	at := strings.LastIndexAny(rest[1], "/.")
	if at <= 0 {
		return r, nil, fmt.Errorf("%q is not SERVICE/METHOD", rest[1])
	}
	r.Service, r.Endpoint = rest[1][:at], rest[1][at+1:]
	if plain {
		return r, nil, nil
	}
	return r, secured, nil
}
