package cli

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	microerrors "github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/invoke"
	"github.com/microtop/microtop/introspect/schema"
)

// targetFlags narrow a command to some nodes.
type targetFlags struct{ version, node, address string }

func (f *targetFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.version, "service-version", "", "only nodes of this version")
	flags.StringVar(&f.node, "node", "", "only the node with this id, or whose id ends so")
	flags.StringVar(&f.address, "address", "", "a node's host:port, in or out of the registry")
}

// target takes the service from the arguments, unless an address stands for it, and returns the other arguments.
func (f *targetFlags) target(args []string) (introspect.Target, []string, error) {
	t := introspect.Target{Version: f.version, Node: f.node, Address: f.address}
	if len(args) > 0 {
		t.Service, args = args[0], args[1:]
	}
	if t.Service == "" && t.Address == "" {
		return t, nil, usagef("name a service, or a node with --address HOST:PORT")
	}
	if _, _, err := net.SplitHostPort(t.Address); err != nil && t.Address != "" {
		return t, nil, usagef("--address %q: write HOST:PORT, such as 127.0.0.1:8080", t.Address)
	}
	return t, args, nil
}

type describedService struct {
	Name      string                   `json:"name"`
	Version   string                   `json:"version"`
	Metadata  map[string]string        `json:"metadata"`
	Nodes     []describedNode          `json:"nodes"`
	Endpoints []describedEndpoint      `json:"endpoints"`
	Types     map[string]describedType `json:"types"`
}

type describedNode struct {
	ID       string            `json:"id"`
	Address  string            `json:"address"`
	Metadata map[string]string `json:"metadata"`
}

type describedEndpoint struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Request  string `json:"request"`
	Response string `json:"response"`
	Topic    string `json:"topic"`
	Source   string `json:"source"`
}

type describedType struct {
	Fields  []describedField `json:"fields"`
	Values  []describedValue `json:"values"`
	Partial bool             `json:"partial,omitempty"`
	Doc     string           `json:"doc,omitempty"`
}

type describedValue struct {
	Name   string `json:"name"`
	Number int32  `json:"number"`
}

type describedField struct {
	Name     string   `json:"name"`
	JSONName string   `json:"jsonName"`
	Number   int32    `json:"number"`
	Type     string   `json:"type"`
	Repeated bool     `json:"repeated"`
	Map      string   `json:"map"`
	Enum     []string `json:"enum"`
	Oneof    string   `json:"oneof"`
	Optional bool     `json:"optional"`
	Doc      string   `json:"doc"`
}

func (a *app) describeCommand() *cobra.Command {
	var flags targetFlags
	var folder string
	cmd := &cobra.Command{
		Use: "describe [service] SERVICE", Aliases: []string{"d"}, Short: "Show a service's endpoints and their messages",
		ValidArgsFunction: a.completeServices,
		Args:              cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 && (args[0] == "service" || args[0] == "s") { // v4's spelling
				args = args[1:]
			}
			target, rest, err := flags.target(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return usagef("describe takes one service, not %q too", rest[0])
			}
			format, err := a.format(asTable, asJSON, asYAML, asNDJSON, asProto)
			if err != nil {
				return err
			}
			if folder != "" && format != asProto {
				return usagef("--out takes proto files: add -o proto")
			}
			return a.withSession(cmd, func(ctx context.Context, s *introspect.Session) error {
				found, err := invoke.Load(ctx, s, target)
				if err == nil {
					err = nobodyAt(found)
				}
				if err != nil {
					return err
				}
				if format == asProto {
					return a.protoFiles(ctx, found, folder)
				}
				return a.described(found, format)
			})
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().StringVar(&a.output, "format", "", "the same as --output")
	cmd.Flags().StringVar(&folder, "out", "", "the folder that -o proto writes its files to, in place of standard output")
	return cmd
}

// nobodyAt is why nothing answered at an address that the user named: of a registered service there is the registry's
// record at least.
func nobodyAt(found []*invoke.Description) error {
	for _, d := range found {
		e, ok := microerrors.As(d.Err)
		unanswered := ok && e.GetId() == clientID && (e.GetCode() == 500 || e.GetCode() == 408)
		if unanswered && introspect.Bare(d.Service) && d.Source == schema.Registry {
			return fmt.Errorf("%s: %s", d.Nodes[0].Address, detail(d.Err))
		}
	}
	return nil
}

func (a *app) described(found []*invoke.Description, format string) error {
	if format == asTable {
		return a.describedTable(found)
	}
	out := make([]describedService, 0, len(found))
	for _, d := range found {
		out = append(out, describedOf(d))
	}
	switch format {
	case asYAML:
		return a.yaml(out)
	case asNDJSON:
		for _, d := range out {
			if err := a.line(d); err != nil {
				return err
			}
		}
		return nil
	default:
		return a.json(out)
	}
}

func describedOf(d *invoke.Description) describedService {
	out := describedService{
		Name: d.Name, Version: d.Version, Metadata: notNilMap(d.Metadata),
		Nodes: []describedNode{}, Endpoints: []describedEndpoint{}, Types: map[string]describedType{},
	}
	for _, n := range d.Nodes {
		out.Nodes = append(out.Nodes, describedNode{n.Id, n.Address, notNilMap(n.Metadata)})
	}
	for _, e := range d.Schema.Endpoints {
		out.Endpoints = append(out.Endpoints, describedEndpoint{e.Name, string(e.Kind), e.Request, e.Response, e.Topic, string(e.Source)})
	}
	for name, t := range d.Schema.Types {
		out.Types[name] = describedTypeOf(d.Schema, t)
	}
	return out
}

func describedTypeOf(s *schema.Service, t *schema.Type) describedType {
	out := describedType{Fields: []describedField{}, Values: []describedValue{}, Partial: t.Partial, Doc: t.Doc}
	for _, v := range t.Values {
		out.Values = append(out.Values, describedValue(v))
	}
	for _, f := range t.Fields {
		field := describedField{
			Name: f.Name, JSONName: f.JSONName, Number: f.Number, Type: f.Type, Repeated: f.Repeated, Map: f.MapKey,
			Oneof: f.Oneof, Optional: f.Optional, Doc: f.Doc, Enum: []string{},
		}
		if enum := s.Types[f.Type]; enum != nil {
			for _, v := range enum.Values {
				field.Enum = append(field.Enum, v.Name)
			}
		}
		out.Fields = append(out.Fields, field)
	}
	return out
}

// describedTable is the form for people: endpoints, then the messages like a proto file.
func (a *app) describedTable(found []*invoke.Description) error {
	for i, d := range found {
		var head []string
		if i > 0 {
			head = append(head, "")
		}
		head = append(head, heading(d)...)
		if told := whence(d); told != "" {
			head = append(head, "  "+told)
		}
		if err := a.rows(append(head, "")...); err != nil {
			return err
		}
		rows := make([][]string, 0, len(d.Schema.Endpoints))
		for _, e := range d.Schema.Endpoints {
			rows = append(rows, []string{e.Name, string(e.Kind), e.Request, e.Response + e.Topic})
		}
		if err := a.table([]string{"ENDPOINT", "KIND", "REQUEST", "RESPONSE/TOPIC"}, rows); err != nil {
			return err
		}
		if err := a.rows(typeRows(d.Schema)...); err != nil {
			return err
		}
	}
	return nil
}

// heading names a version of a service and its nodes. An address outside any registry has neither version nor id, and
// perhaps no name.
func heading(d *invoke.Description) []string {
	if introspect.Bare(d.Service) {
		return []string{strings.TrimSpace(d.Name + " at " + d.Nodes[0].Address)}
	}
	lines := []string{strings.TrimSpace(d.Name + " " + d.Version)}
	for _, n := range d.Nodes {
		lines = append(lines, "  "+n.Id+" at "+n.Address)
	}
	return lines
}

// whence says where the schema came from, unless it is the debug service's.
func whence(d *invoke.Description) string {
	switch {
	case d.Source == schema.Reflection:
		return "schema from gRPC reflection"
	case d.Source == schema.Given:
		return "schema from the proto files given"
	case d.Problem == "":
		return ""
	case len(d.Schema.Endpoints) == 0:
		return "no schema, so any endpoint may be called with JSON: " + d.Problem
	}
	return "schema from the registry, at most three levels deep: " + d.Problem
}

func typeRows(s *schema.Service) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(s.Types)) {
		t := s.Types[name]
		out = append(out, "", name)
		for _, v := range t.Values {
			out = append(out, fmt.Sprintf("  %s = %d", v.Name, v.Number))
		}
		for _, f := range t.Fields {
			note := ""
			if f.Oneof != "" {
				note = " (one of " + f.Oneof + ")"
			}
			out = append(out, "  "+f.JSONName+" "+f.Shown()+note)
		}
		if t.Partial {
			out = append(out, "  …")
		}
	}
	return out
}
