package compose

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// maxPlace is the longest body in which the place of an error is looked for, in bytes.
const maxPlace = 1 << 20

// place is the line and byte column, from 1, of the value that path names in a JSON text,
// as in "items[2].price"; 0, 0 when it is not there. The path of the whole is "".
func place(text []byte, path string) (line, col int) {
	if path == "" || len(text) > maxPlace {
		return 0, 0
	}
	w := walker{d: json.NewDecoder(bytes.NewReader(text)), text: text, want: path}
	w.value("", 0)
	if !w.found {
		return 0, 0
	}
	before := text[:w.at]
	return bytes.Count(before, []byte{'\n'}) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// walker reads a JSON text until it comes to a path.
type walker struct {
	d     *json.Decoder
	text  []byte
	want  string
	at    int
	found bool
}

// next is the offset of the next token.
func (w *walker) next() int {
	i := int(w.d.InputOffset())
	for i < len(w.text) && bytes.IndexByte([]byte(" \t\r\n,:"), w.text[i]) >= 0 {
		i++
	}
	return i
}

// value reads one value; it tells whether to go on.
func (w *walker) value(path string, depth int) bool {
	token, err := w.d.Token()
	if err != nil || depth > 100 {
		return false
	}
	switch token {
	case json.Delim('{'):
		return w.object(path, depth)
	case json.Delim('['):
		return w.list(path, depth)
	}
	return true
}

func (w *walker) object(path string, depth int) bool {
	for w.d.More() {
		at := w.next()
		key, err := w.d.Token()
		name, isString := key.(string)
		if err != nil || !isString {
			return false
		}
		inner := w.member(path, name)
		if w.hit(inner, at) || !w.value(inner, depth+1) {
			return false
		}
	}
	_, err := w.d.Token()
	return err == nil
}

// member is the path of an object's member: a map's is written like a list's.
func (w *walker) member(path, name string) string {
	if quoted := path + "[" + strconv.Quote(name) + "]"; strings.HasPrefix(w.want, quoted) {
		return quoted
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

func (w *walker) list(path string, depth int) bool {
	for i := 0; w.d.More(); i++ {
		inner := path + "[" + strconv.Itoa(i) + "]"
		if w.hit(inner, w.next()) || !w.value(inner, depth+1) {
			return false
		}
	}
	_, err := w.d.Token()
	return err == nil
}

func (w *walker) hit(path string, at int) bool {
	if path == w.want {
		w.at, w.found = at, true
	}
	return w.found
}
