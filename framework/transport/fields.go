package transport

import "strings"

// Field is one header of a message.
type Field struct{ Name, Value string }

// Fields is a message whose headers are a list in place of a map. It is made to be used again: the list and the body
// are valid until the next message is received into it, Lines and all strings for as long as they are held.
type Fields struct {
	// List holds each header once, its name in canonical form.
	List []Field
	// Body is overwritten where its capacity is enough, unless it is set to nil before.
	Body []byte
	// Lines are the headers as they came. There are none if Likely was of use.
	Lines Lines
	// Likely, if the receiver sets it, is a value that the headers probably have, such as the id of the call to be answered:
	// it is used in place of a copy of theirs.
	Likely string
	// Same says that List is as it was after the message that was received into these fields before.
	Same bool
	// More says that bytes of a further message have come already.
	More bool

	serial uint64 // of the known head that List is of; 0 if of none
}

// Fielder is a socket that works without maps: nothing is allocated for a message but its Lines.
type Fielder interface {
	// RecvFields is Recv into the memory of f.
	RecvFields(f *Fields) error
	// SendFields is Send of a list, whose names are sent as they are and have to be in canonical form.
	SendFields(list []Field, body []byte) error
	// QueueFields is SendFields, but that the message may leave later: with the next one that is sent, with Flush, or
	// when a receiver has read all that came and waits for more.
	QueueFields(list []Field, body []byte) error
	// Flush sends what is queued.
	Flush() error
}

// Lines are the header lines of a received message, which are known to be well formed.
type Lines string

// Header returns the headers as a new map with room for so many more.
func (l Lines) Header(room int) map[string]string {
	header := make(map[string]string, strings.Count(string(l), "\r\n")+1+room)
	for name, value := range l.each {
		if _, repeated := header[name]; !repeated {
			header[name] = value
		}
	}
	return header
}

// each yields the headers, without those of the connection; repeated ones too.
func (l Lines) each(yield func(name, value string) bool) {
	rest := string(l)
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\r\n")
		name, value, _ := strings.Cut(line, ":")
		name, _ = canonical(name) // it was looked at when it came
		if !ofConnection(name) && !yield(name, strings.Trim(value, " \t")) {
			return
		}
	}
}

// has reports whether there is a header of that name.
func (f *Fields) has(name string) bool {
	for i := range f.List {
		if f.List[i].Name == name {
			return true
		}
	}
	return false
}

// message moves the fields into m, whose map is cleared and used again if reuse is set.
func (f *Fields) message(m *Message, reuse bool) {
	if reuse && m.Header != nil {
		clear(m.Header)
	} else {
		m.Header = make(map[string]string, max(8, len(f.List)))
	}
	for _, field := range f.List {
		m.Header[field.Name] = field.Value
	}
	m.Body, f.Body = f.Body, nil
}
