package bytes

import "github.com/microtop/microtop/framework/codec"

// Marshaler passes bytes through without copying them.
type Marshaler struct{}

// Message is headers and a body as one value, for brokers and transports that pack them together. As a value to
// marshal it stands for its Body.
type Message struct {
	Header map[string]string
	Body   []byte
}

var _ codec.Marshaler = Marshaler{}

// Marshal returns the bytes of v: a []byte, string, Frame or Message, or a pointer to one. For any other type it
// returns codec.ErrInvalidMessage.
func (Marshaler) Marshal(v any) ([]byte, error) {
	switch b := v.(type) {
	case []byte:
		return b, nil
	case *[]byte:
		return *b, nil
	case string:
		return []byte(b), nil
	case *string:
		return []byte(*b), nil
	case Frame:
		return b.Data, nil
	case *Frame:
		return b.Data, nil
	case *Message:
		return b.Body, nil
	}
	return nil, codec.ErrInvalidMessage
}

// Unmarshal puts data into v: a *[]byte, *string, *Frame or *Message, which keep it without a copy (but for a
// string). For any other type it returns codec.ErrInvalidMessage.
func (Marshaler) Unmarshal(data []byte, v any) error {
	switch b := v.(type) {
	case *[]byte:
		*b = data
	case *string:
		*b = string(data)
	case *Frame:
		b.Data = data
	case *Message:
		b.Body = data
	default:
		return codec.ErrInvalidMessage
	}
	return nil
}

// String implements codec.Marshaler.
func (Marshaler) String() string { return "bytes" }
