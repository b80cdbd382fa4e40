// Package contexts keeps saved targets: what to connect to and how, under a name.
//
// Start with [Open], which does nothing yet, then [File.Read] and [Saved.Get]; [Context.Resolve] fills references in.
// All contexts of a user are in one YAML file that people may edit: [Path]. [File.Set], [File.Use] and [File.Remove]
// change it and leave its comments alone. Secrets are not kept: {{env:NAME}} stands for a variable of the process's
// environment, {{file:PATH}} for a file's content.
package contexts

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/microtop/microtop/introspect/secret"
)

// None is the name that stands for no context; none can have it.
const None = "none"

// Limits of what is read.
const (
	maxFile     = 256 << 10 // bytes
	maxContexts = 200
	maxName     = 64
	maxText     = 4 << 10 // bytes of one value
	maxList     = 100     // values of one list, or pairs of the metadata
)

// Context is a saved target. The zero value of a field says nothing: what is connected to is then for the environment
// and the defaults to say. Texts may hold references; [Context.Resolve] fills them in.
type Context struct {
	Name            string `json:"name"`
	Registry        string `json:"registry,omitempty"`
	RegistryAddress string `json:"registryAddress,omitempty"`
	Broker          string `json:"broker,omitempty"`
	BrokerAddress   string `json:"brokerAddress,omitempty"`
	// Protocol is what nodes outside the registry speak, Transport what mucp ones of them are reached over.
	Protocol  string `json:"protocol,omitempty"`
	Transport string `json:"transport,omitempty"`

	TLS  bool   `json:"tls,omitempty"`
	CA   string `json:"ca,omitempty"` // files
	Cert string `json:"cert,omitempty"`
	Key  string `json:"key,omitempty"`
	// ServerName is the name that nodes' certificates must have.
	ServerName string `json:"serverName,omitempty"`
	Insecure   bool   `json:"insecure,omitempty"`

	// DebugToken is a reference, never the token itself.
	DebugToken      string   `json:"debugToken,omitempty"`
	DebugTokenHosts []string `json:"debugTokenHosts,omitempty"`

	// Timeout is a time such as "5s".
	Timeout string `json:"timeout,omitempty"`
	// Metadata are sent with each call and stream. Secrets among them are references.
	Metadata map[string]string `json:"metadata,omitempty"`

	Proto     []string `json:"proto,omitempty"` // files and folders
	ProtoPath []string `json:"protoPath,omitempty"`
	Protoset  []string `json:"protoset,omitempty"`

	// Colour is one of [Colours] or "#rrggbb": the context's in the console's header.
	Colour   string `json:"colour,omitempty"`
	ReadOnly bool   `json:"readonly,omitempty"`
}

// Colours are the names a context's colour may have.
var Colours = []string{"red", "green", "yellow", "blue", "magenta", "cyan", "white"}

var (
	nameForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	hexForm    = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	protocols  = []string{"auto", "mucp", "grpc", "http"}
	errLiteral = errors.New("a secret is not kept in this file: write {{env:NAME}} or {{file:PATH}}, and the secret into that variable or file")
)

// CheckName says what is wrong with a context's name.
func CheckName(name string) error {
	switch {
	case name == None:
		return errors.New(`"none" stands for no context: choose another name`)
	case len(name) > maxName || !nameForm.MatchString(name):
		return fmt.Errorf("a context's name has letters, digits, '.', '_' and '-', at most %d of them", maxName)
	}
	return nil
}

// check says what is wrong with a field of a context, by its name in the file.
func (c *Context) check(name string) error {
	switch name {
	case "protocol":
		if c.Protocol != "" && !slices.Contains(protocols, c.Protocol) {
			return fmt.Errorf("use one of %s", strings.Join(protocols, ", "))
		}
	case "transport":
		if c.Transport != "" && c.Transport != "http" && c.Transport != "grpc" {
			return errors.New("use http or grpc")
		}
		if c.Transport != "" && c.Protocol != "" && c.Protocol != "auto" && c.Protocol != "mucp" {
			return fmt.Errorf("it is of mucp nodes, and the protocol is %s: leave one out", c.Protocol)
		}
	case "timeout":
		if d, err := time.ParseDuration(c.Timeout); c.Timeout != "" && (err != nil || d <= 0) {
			return errors.New("write a time such as 500ms or 5s")
		}
	case "colour":
		if c.Colour != "" && !slices.Contains(Colours, c.Colour) && !hexForm.MatchString(c.Colour) {
			return fmt.Errorf("use one of %s, or #rrggbb", strings.Join(Colours, ", "))
		}
	case "debugToken":
		if c.DebugToken != "" && !refers(c.DebugToken) {
			return errLiteral
		}
	case "debugTokenHosts":
		for _, host := range c.DebugTokenHosts {
			if _, err := Prefix(host); err != nil {
				return err
			}
		}
	case "metadata":
		for key, value := range c.Metadata {
			if secret.Named(key) && value != "" && !refers(value) {
				return fmt.Errorf("%s: %w", key, errLiteral)
			}
		}
	case "key":
		if c.Key != "" && c.Cert == "" {
			return errors.New("a key is for a certificate: name the file of that too, as cert")
		}
	case "cert":
		if c.Cert != "" && c.Key == "" {
			return errors.New("a certificate is shown with its private key: name the file of that too, as key")
		}
	case "insecure":
		if c.Insecure && c.CA != "" {
			return errors.New("insecure trusts anybody and ca only its authorities: leave one out")
		}
	}
	return nil
}

// Prefix reads an address, or a prefix such as 10.0.0.0/8.
func Prefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return prefix, fmt.Errorf("%q is neither an address nor a prefix such as 10.0.0.0/8", text)
	}
	return prefix, nil
}

// fields are the places of a context's fields by their names in the file, which are those of the flags.
func (c *Context) fields() map[string]any {
	return map[string]any{
		"registry": &c.Registry, "registryAddress": &c.RegistryAddress, "broker": &c.Broker, "brokerAddress": &c.BrokerAddress,
		"protocol": &c.Protocol, "transport": &c.Transport, "tls": &c.TLS, "ca": &c.CA, "cert": &c.Cert, "key": &c.Key, "serverName": &c.ServerName, "insecure": &c.Insecure,
		"debugToken": &c.DebugToken, "debugTokenHosts": &c.DebugTokenHosts, "timeout": &c.Timeout, "metadata": &c.Metadata,
		"proto": &c.Proto, "protoPath": &c.ProtoPath, "protoset": &c.Protoset, "colour": &c.Colour, "readonly": &c.ReadOnly,
	}
}

// Clear makes a context say nothing of a field, and tells whether there is one of that name.
func (c *Context) Clear(field string) bool {
	switch at := c.fields()[field].(type) {
	case *string:
		*at = ""
	case *bool:
		*at = false
	case *[]string:
		*at = nil
	case *map[string]string:
		*at = nil
	default:
		return false
	}
	return true
}

// order is how fields are written.
var order = []string{
	"registry", "registryAddress", "broker", "brokerAddress", "protocol", "transport", "tls", "ca", "cert", "key", "serverName", "insecure",
	"debugToken", "debugTokenHosts", "timeout", "metadata", "proto", "protoPath", "protoset", "colour", "readonly",
}

// Fields are the names of a context's fields in the file, in the order in which they are written.
func Fields() []string { return slices.Clone(order) }
