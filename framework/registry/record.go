package registry

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/microtop/microtop/framework/limits"
)

// EncodeService returns the registry record of s: the JSON of docs/wire.md §6.1. It fails, wrapping ErrInvalid, if s is
// not valid or the record would be larger than limits.RecordBytes, so that no reader has to refuse what was written.
func EncodeService(s *Service, l limits.Limits) ([]byte, error) {
	l = l.WithDefaults()
	if err := validateRecord(s); err != nil {
		return nil, err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode the record of %s: %w", s.Name, err)
	}
	if limits.Exceeded(len(data), l.RecordBytes) {
		return nil, fmt.Errorf("%w: the record of %s is %d bytes, more than %d", ErrInvalid, s.Name, len(data), l.RecordBytes)
	}
	return data, nil
}

// DecodeService reads a registry record from outside: at most limits.RecordBytes long and limits.RecordDepth deep, every
// node with an id and a host:port. Of more than limits.Endpoints endpoints the first ones are kept. Errors wrap ErrInvalid.
func DecodeService(data []byte, l limits.Limits) (*Service, error) {
	l = l.WithDefaults()
	if err := checkRecord(data, l); err != nil {
		return nil, err
	}
	s := new(Service)
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	s.tidy(l)
	if err := validateRecord(s); err != nil {
		return nil, err
	}
	return s, nil
}

// validateRecord is Validate plus what holds for records that other processes read.
func validateRecord(s *Service) error {
	if err := Validate(s); err != nil {
		return err
	}
	for _, n := range s.Nodes {
		if err := ValidateAddress(n.Address); err != nil {
			return fmt.Errorf("%s: node %s: %w", s.Name, n.Id, err)
		}
	}
	return nil
}

// checkRecord bounds a record before anything is built from it.
func checkRecord(data []byte, l limits.Limits) error {
	if limits.Exceeded(len(data), l.RecordBytes) {
		return fmt.Errorf("%w: a record of %d bytes, more than %d", ErrInvalid, len(data), l.RecordBytes)
	}
	if depth := nesting(data); limits.Exceeded(depth, l.RecordDepth) {
		return fmt.Errorf("%w: a record %d deep, more than %d", ErrInvalid, depth, l.RecordDepth)
	}
	return nil
}

// nesting is how deep objects and arrays of the JSON text nest.
func nesting(data []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// tidy removes the nulls that JSON lists may hold and the endpoints over the limit.
func (s *Service) tidy(l limits.Limits) {
	s.Nodes = present(s.Nodes)
	s.Endpoints = present(s.Endpoints)
	if limits.Exceeded(len(s.Endpoints), l.Endpoints) {
		s.Endpoints = slices.Clone(s.Endpoints[:l.Endpoints])
	}
	for _, e := range s.Endpoints {
		e.Request.tidy()
		e.Response.tidy()
	}
}

func (v *Value) tidy() {
	if v == nil {
		return
	}
	v.Values = present(v.Values)
	for _, inner := range v.Values {
		inner.tidy()
	}
}

func present[T any](list []*T) []*T {
	return slices.DeleteFunc(list, func(item *T) bool { return item == nil })
}
