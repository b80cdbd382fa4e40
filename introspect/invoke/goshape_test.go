package invoke_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/microtop/microtop/framework/broker"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/server"
)

// The messages of torture.proto as generated Go code has them, for the value trees that a server registers.
type (
	// Level is an enum.
	Level int32
	// Three is a leaf.
	Three struct {
		Deepest string `json:"deepest,omitempty"`
	}
	// Two has a message.
	Two struct {
		Three *Three `json:"three,omitempty"`
	}
	// One has two levels below it.
	One struct {
		Two *Two `json:"two,omitempty"`
	}
	// Limits is a group.
	Limits struct {
		Low   *int32   `json:"low,omitempty"`
		Names []string `json:"names,omitempty"`
	}
	// Step is a repeated group.
	Step struct {
		Name *string `json:"name,omitempty"`
	}
	// Old is of proto2.
	Old struct {
		Retries *int32  `json:"retries,omitempty"`
		Color   *string `json:"color,omitempty"`
		Limits  *Limits `json:"limits,omitempty"`
		Step    []*Step `json:"step,omitempty"`
		Strict  *bool   `json:"strict,omitempty"`
	}
	// Many has the first of its fields; valueTrees adds the others.
	Many struct {
		F1 int32 `json:"f1,omitempty"`
	}
	isAll_Choice interface{ isAll_Choice() }
	// All has everything.
	All struct {
		Double               float64                 `json:"double,omitempty"`
		Float                float32                 `json:"float,omitempty"`
		Int32                int32                   `json:"int32,omitempty"`
		Int64                int64                   `json:"int64,omitempty"`
		Uint32               uint32                  `json:"uint32,omitempty"`
		Uint64               uint64                  `json:"uint64,omitempty"`
		Sint32               int32                   `json:"sint32,omitempty"`
		Sint64               int64                   `json:"sint64,omitempty"`
		Fixed32              uint32                  `json:"fixed32,omitempty"`
		Fixed64              uint64                  `json:"fixed64,omitempty"`
		Sfixed32             int32                   `json:"sfixed32,omitempty"`
		Sfixed64             int64                   `json:"sfixed64,omitempty"`
		Bool                 bool                    `json:"bool,omitempty"`
		String               string                  `json:"string,omitempty"`
		Bytes                []byte                  `json:"bytes,omitempty"`
		Level                Level                   `json:"level,omitempty"`
		Levels               []Level                 `json:"levels,omitempty"`
		Packed               []int64                 `json:"packed,omitempty"`
		Nested               *One                    `json:"nested,omitempty"`
		Again                *All                    `json:"again,omitempty"`
		Others               []*All                  `json:"others,omitempty"`
		ByName               map[string]*One         `json:"by_name,omitempty"`
		ByNumber             map[int64]Level         `json:"by_number,omitempty"`
		ByBool               map[bool][]byte         `json:"by_bool,omitempty"`
		Recursive            map[string]*All         `json:"recursive,omitempty"`
		Choice               isAll_Choice            `protobuf_oneof:"choice"`
		Maybe                *int32                  `json:"maybe,omitempty"`
		MaybeText            *string                 `json:"maybe_text,omitempty"`
		Any                  *anypb.Any              `json:"any,omitempty"`
		Struct               *structpb.Struct        `json:"struct,omitempty"`
		Value                *structpb.Value         `json:"value,omitempty"`
		List                 *structpb.ListValue     `json:"list,omitempty"`
		Mask                 *fieldmaskpb.FieldMask  `json:"mask,omitempty"`
		Wait                 *durationpb.Duration    `json:"wait,omitempty"`
		At                   *timestamppb.Timestamp  `json:"at,omitempty"`
		Boxed                *wrapperspb.Int64Value  `json:"boxed,omitempty"`
		BoxedText            *wrapperspb.StringValue `json:"boxed_text,omitempty"`
		Old                  *Old                    `json:"old,omitempty"`
		Many                 *Many                   `json:"many,omitempty"`
		OddName_With_9Digits string                  `json:"odd_Name__with_9digits,omitempty"`
		Renamed              string                  `json:"renamed,omitempty"`
	}
)

// Generated is a handler with the arguments of generated code.
type Generated struct{}

// Echo is registered, and not called.
func (*Generated) Echo(context.Context, *All, *All) error { return nil }

// valueTrees are the endpoints that a server with the messages above registers.
func valueTrees(t *testing.T) []*registry.Endpoint {
	t.Helper()
	r := registry.NewMemoryRegistry()
	s := server.NewServer(server.Name("trees"), server.Address("127.0.0.1:0"), server.Registry(r), server.Broker(broker.NewMemoryBroker()))
	must(s.Handle(s.NewHandler(new(Generated))))
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	found, err := r.GetService("trees")
	if stopped := s.Stop(); err != nil || stopped != nil {
		t.Fatal(err, stopped)
	}
	for _, e := range found[0].Endpoints {
		e.Name = "Torture.Echo"
		for _, v := range []*registry.Value{e.Request, e.Response} {
			many := v.Values[slices.IndexFunc(v.Values, func(v *registry.Value) bool { return v.Type == "Many" })]
			for i := 2; i <= 300; i++ {
				many.Values = append(many.Values, &registry.Value{Name: fmt.Sprintf("f%d", i), Type: "int32"})
			}
		}
	}
	return found[0].Endpoints
}
