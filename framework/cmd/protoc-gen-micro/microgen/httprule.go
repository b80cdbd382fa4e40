package microgen

import (
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// httpRuleField is the number of the option google.api.http (google/api/annotations.proto).
const httpRuleField = 72295728

// The fields of google.api.HttpRule and its CustomHttpPattern (google/api/http.proto).
const (
	ruleGet        = 2
	rulePut        = 3
	rulePost       = 4
	ruleDelete     = 5
	rulePatch      = 6
	ruleCustom     = 8
	ruleAdditional = 11

	customKind = 1
	customPath = 2
)

var verbs = map[protowire.Number]string{
	ruleGet: "GET", rulePut: "PUT", rulePost: "POST", ruleDelete: "DELETE", rulePatch: "PATCH",
}

// httpRule is how a method is reached by HTTP: each path with the method at the same place.
type httpRule struct{ paths, methods []string }

// httpRuleOf reads a method's google.api.http. It is found by its number, in the options' bytes, so that nothing
// depends on the package that declares it.
func httpRuleOf(m *protogen.Method) (httpRule, bool) {
	options, err := proto.MarshalOptions{Deterministic: true}.Marshal(m.Desc.Options())
	if err != nil {
		return httpRule{}, false
	}
	var rule httpRule
	fields(options, func(number protowire.Number, value []byte) {
		if number == httpRuleField {
			rule.read(value)
		}
	})
	return rule, len(rule.paths) > 0
}

// read takes in an encoded google.api.HttpRule.
func (r *httpRule) read(rule []byte) {
	fields(rule, func(number protowire.Number, value []byte) {
		switch {
		case verbs[number] != "":
			r.add(verbs[number], string(value))
		case number == ruleCustom:
			var kind, path string
			fields(value, func(number protowire.Number, value []byte) {
				if number == customKind {
					kind = string(value)
				}
				if number == customPath {
					path = string(value)
				}
			})
			r.add(kind, path)
		case number == ruleAdditional:
			r.read(value)
		}
	})
}

func (r *httpRule) add(method, path string) {
	if method != "" && path != "" {
		r.methods, r.paths = append(r.methods, method), append(r.paths, path)
	}
}

// fields calls each for the length-delimited fields of a message. It ends at bytes that are no message.
func fields(message []byte, each func(protowire.Number, []byte)) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return
		}
		message = message[n:]
		size := protowire.ConsumeFieldValue(number, kind, message)
		if size < 0 {
			return
		}
		if kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			each(number, value)
		}
		message = message[size:]
	}
}
