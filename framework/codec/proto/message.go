package proto

import "encoding/json"

// Message is an encoded protobuf message of unknown type: where a message is expected, its Data travels as it is.
type Message struct {
	Data []byte
}

// NewMessage returns a message whose encoding is data, which it does not copy.
func NewMessage(data []byte) *Message { return &Message{Data: data} }

// ProtoMessage marks the type as a protobuf message of the first API.
func (m *Message) ProtoMessage() {}

// Reset empties the message.
func (m *Message) Reset() { *m = Message{} }

// String returns the bytes as text.
func (m *Message) String() string { return string(m.Data) }

// Marshal returns Data.
func (m *Message) Marshal() ([]byte, error) { return m.Data, nil }

// Unmarshal sets Data, without copying it.
func (m *Message) Unmarshal(data []byte) error {
	m.Data = data
	return nil
}

// MarshalJSON returns Data as a base64 string.
func (m *Message) MarshalJSON() ([]byte, error) { return json.Marshal(m.Data) }

// UnmarshalJSON sets Data from a base64 string.
func (m *Message) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &m.Data) }
