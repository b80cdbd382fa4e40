package invoke_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	stock "google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/microtop/microtop/framework/codec/bytes"
)

const old = `syntax = "proto2";
package torture;
message Old {
  optional int32 retries = 1 [default = 3];
  optional string color = 2 [default = "red"];
  optional group Limits = 3 { optional int32 low = 4; repeated string names = 5; }
  repeated group Step = 6 { required string name = 7; }
  required bool strict = 8;
}
`

// torture returns the files of a service whose message has everything that a schema can have.
func torture() map[string]string {
	var many strings.Builder
	for i := 1; i <= 300; i++ {
		fmt.Fprintf(&many, "  int32 f%d = %d;\n", i, i)
	}
	return map[string]string{"old.proto": old, "torture.proto": `syntax = "proto3";
package torture;
import "old.proto";
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
service Torture {
  rpc Echo(All) returns (All);
  rpc Repeat(All) returns (stream All);
}
enum Level { option allow_alias = true; NONE = 0; LOW = 1; SMALL = 1; HIGH = -7; }
message Many {
` + many.String() + `}
message All {
  double double = 1; float float = 2; int32 int32 = 3; int64 int64 = 4; uint32 uint32 = 5; uint64 uint64 = 6;
  sint32 sint32 = 7; sint64 sint64 = 8; fixed32 fixed32 = 9; fixed64 fixed64 = 10; sfixed32 sfixed32 = 11; sfixed64 sfixed64 = 12;
  bool bool = 13; string string = 14; bytes bytes = 15;
  Level level = 16; repeated Level levels = 17; repeated sint64 packed = 18;
  message One { message Two { message Three { string deepest = 1; } Three three = 1; } Two two = 1; }
  One nested = 19;
  All again = 20; repeated All others = 21;
  map<string, One> by_name = 22; map<int64, Level> by_number = 23; map<bool, bytes> by_bool = 24; map<string, All> recursive = 25;
  oneof choice { string text = 26; One.Two two = 27; int32 number = 28; }
  optional int32 maybe = 29; optional string maybe_text = 30;
  google.protobuf.Any any = 31; google.protobuf.Struct struct = 32; google.protobuf.Value value = 33; google.protobuf.ListValue list = 34;
  google.protobuf.FieldMask mask = 35; google.protobuf.Duration wait = 36; google.protobuf.Timestamp at = 37;
  google.protobuf.Int64Value boxed = 38; google.protobuf.StringValue boxed_text = 39;
  Old old = 40; Many many = 41;
  string odd_Name__with_9digits = 42; string renamed = 43 [json_name = "other"];
}
`}
}

// kinds are a value of each kind, by the field that has it.
func kinds() map[string]string {
	var many []string
	for i := 1; i <= 300; i++ {
		many = append(many, fmt.Sprintf(`"f%d":%d`, i, i))
	}
	return map[string]string{
		"double": "1.5e300", "float": "-0.25", "int32": "-2147483648", "int64": `"-9223372036854775808"`, "uint32": "4294967295",
		"uint64": `"18446744073709551615"`, "sint32": "-1", "sint64": `"-9007199254740993"`, "fixed32": "7", "fixed64": `"8"`,
		"sfixed32": "-9", "sfixed64": `"-10"`, "bool": "true", "string": `"ünï\u0001\"漢"`, "bytes": `"AP8="`,
		"level": `"HIGH"`, "levels": `["NONE","LOW","HIGH"]`, "packed": `["-1","2"]`,
		"nested": `{"two":{"three":{"deepest":"here"}}}`, "again": `{"again":{"again":{"int32":1}}}`, "others": `[{"int32":1},{},{"others":[{"string":"x"}]}]`,
		"byName": `{"a":{"two":{}},"":{}}`, "byNumber": `{"-5":"LOW","6":"HIGH"}`, "byBool": `{"true":"AQ==","false":""}`,
		"recursive": `{"k":{"recursive":{"l":{"bool":true}}}}`,
		"text":      `""`, "two": `{"three":{}}`, "number": "0", "maybe": "0", "maybeText": `""`,
		"any":    `{"@type":"type.googleapis.com/torture.All.One","two":{"three":{"deepest":"in any"}}}`,
		"struct": `{"a":[1,"b",null,true,{"c":{}}]}`, "value": `null`, "list": `[1,[2]]`, "mask": `"a.b,cD"`, "wait": `"-1.500s"`,
		"at": `"2020-02-29T23:59:59.999999999Z"`, "boxed": `"0"`, "boxedText": `""`,
		"old":  `{"retries":0,"color":"","limits":{"low":1,"names":["x"]},"step":[{"name":"s"},{"name":""}],"strict":true}`,
		"many": "{" + strings.Join(many, ",") + "}", "oddNameWith9digits": `"x"`, "other": `"y"`,
	}
}

// Torture answers with what it was asked.
type Torture struct{}

// Echo answers.
func (*Torture) Echo(_ context.Context, req, rsp *bytes.Frame) error {
	rsp.Data = req.Data
	return nil
}

// echo answers each message of the service's methods with itself.
func echo(_ any, stream stock.ServerStream) error {
	if method, _ := stock.MethodFromServerStream(stream); !strings.HasPrefix(method, "/torture.Torture/") {
		return status.Error(codes.Unimplemented, "unknown service")
	}
	for {
		m := new(emptypb.Empty) // keeps the fields that it does not know
		err := stream.RecvMsg(m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.SendMsg(m); err != nil {
			return err
		}
	}
}

type tortureService struct{}

func (tortureService) GetServiceInfo() map[string]stock.ServiceInfo {
	return map[string]stock.ServiceInfo{"torture.Torture": {}}
}
