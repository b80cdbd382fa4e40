package broker

import "slices"

// event is one delivery, with a message of its own.
type event struct {
	topic   string
	message Message
	err     error
}

// Topic implements Event.
func (e *event) Topic() string { return e.topic }

// Message implements Event.
func (e *event) Message() *Message { return &e.message }

// Ack implements Event; brokers without acknowledgements have nothing to do.
func (e *event) Ack() error { return nil }

// Error implements Event.
func (e *event) Error() error { return e.err }

// parcel is a message that waits. Of a copy the headers are a list: the map is made where it is handled, which spares
// the publisher most of the cost of the copy.
type parcel struct {
	message Message
	few     [2]header
	more    []header
	headers int // -1: message.Header has them, or is nil
	size    int
}

type header struct{ key, value string }

// owned is a parcel of a message that nobody else has.
func owned(m *Message) parcel { return parcel{message: *m, headers: -1, size: messageSize(m)} }

// copied is a parcel of a copy of a message.
func copied(m *Message) parcel {
	p := parcel{message: Message{Body: slices.Clone(m.Body)}, size: len(m.Body), headers: -1}
	if m.Header == nil {
		return p
	}
	p.headers = 0
	if len(m.Header) > len(p.few) {
		p.more = make([]header, 0, len(m.Header)-len(p.few))
	}
	for key, value := range m.Header {
		if p.headers < len(p.few) {
			p.few[p.headers] = header{key, value}
		} else {
			p.more = append(p.more, header{key, value})
		}
		p.headers++
		p.size += len(key) + len(value)
	}
	return p
}

// open makes the event of a parcel, which is empty then.
func (p *parcel) open(topic string) *event {
	e := &event{topic: topic, message: p.message}
	if p.headers >= 0 {
		e.message.Header = make(map[string]string, p.headers)
		for _, h := range p.few[:min(p.headers, len(p.few))] {
			e.message.Header[h.key] = h.value
		}
		for _, h := range p.more {
			e.message.Header[h.key] = h.value
		}
	}
	*p = parcel{}
	return e
}

func messageSize(m *Message) int {
	size := len(m.Body)
	for key, value := range m.Header {
		size += len(key) + len(value)
	}
	return size
}
