package client

import (
	"github.com/microtop/microtop/framework/internal/mucp"
	"github.com/microtop/microtop/framework/transport"
)

// answer is a received message. Its memory is used again for the next one.
type answer struct {
	transport.Fields

	id, errorText, contentType string
	draining                   bool
}

// recv receives into a from a socket, which is lists too if that is not nil.
func (a *answer) recv(sock transport.Socket, lists transport.Fielder) error {
	if lists != nil {
		if err := lists.RecvFields(&a.Fields); err != nil || a.Same {
			return err
		}
	} else {
		var m transport.Message
		if err := sock.Recv(&m); err != nil {
			return err
		}
		a.Body, a.List = m.Body, a.List[:0]
		for name, value := range m.Header {
			a.List = append(a.List, transport.Field{Name: name, Value: value})
		}
	}
	a.id, a.errorText, a.contentType, a.draining = "", "", "", false
	for i := range a.List {
		switch field := &a.List[i]; field.Name {
		case mucp.ID:
			a.id = field.Value
		case mucp.Error:
			a.errorText = field.Value
		case mucp.ContentType:
			a.contentType = field.Value
		case mucp.Draining:
			a.draining = field.Value != ""
		}
	}
	return nil
}

// header returns the headers as a new map.
func (a *answer) header() map[string]string { return headerOf(a.List) }
