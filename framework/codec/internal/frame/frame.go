// Package frame recognises raw frames among the values that codecs are given: their bytes travel as they are,
// whatever the codec (docs/wire.md §4). Start with [Of].
package frame

import "github.com/microtop/microtop/framework/codec/bytes"

// Of returns the bytes of v when v is a raw frame.
func Of(v any) (data []byte, ok bool) {
	switch f := v.(type) {
	case *bytes.Frame:
		if f == nil {
			return nil, true
		}
		return f.Data, true
	case bytes.Frame:
		return f.Data, true
	}
	return nil, false
}

// Into puts data, without copying it, into v when v is a raw frame's pointer.
func Into(v any, data []byte) bool {
	f, ok := v.(*bytes.Frame)
	if ok && f != nil {
		f.Data = data
	}
	return ok && f != nil
}
