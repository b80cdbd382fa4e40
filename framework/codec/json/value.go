package json

import (
	"errors"
	"fmt"
	"io"

	"github.com/microtop/microtop/framework/limits"
)

// ErrDepth says that a value is nested deeper than limits.Default().BodyDepth.
var ErrDepth = errors.New("json nested too deep")

// first returns the first JSON value of data by its brackets and quotes alone; whether it is valid is for the decoder
// to say. Without a value it returns io.EOF, with an unfinished one io.ErrUnexpectedEOF.
func first(data []byte) ([]byte, error) {
	start := 0
	for start < len(data) && isSpace(data[start]) {
		start++
	}
	if start == len(data) {
		return nil, io.EOF
	}
	switch data[start] {
	case '{', '[':
		return nested(data[start:])
	case '"':
		end := quoted(data, start)
		if end < 0 {
			return nil, io.ErrUnexpectedEOF
		}
		return data[start:end], nil
	}
	end := start + 1
	for end < len(data) && !isSpace(data[end]) && !isPunctuation(data[end]) {
		end++
	}
	return data[start:end], nil
}

// nested returns the object or array that data begins with.
func nested(data []byte) ([]byte, error) {
	limit := limits.Default().BodyDepth
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			if i = quoted(data, i) - 1; i < 0 {
				return nil, io.ErrUnexpectedEOF
			}
		case '{', '[':
			depth++
			if limits.Exceeded(depth, limit) {
				return nil, fmt.Errorf("%w: over %d levels", ErrDepth, limit)
			}
		case '}', ']':
			if depth--; depth == 0 {
				return data[:i+1], nil
			}
		}
	}
	return nil, io.ErrUnexpectedEOF
}

// quoted returns the end of the string that begins at data[i], or -1 when it does not end.
func quoted(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isPunctuation(c byte) bool {
	switch c {
	case '{', '}', '[', ']', ',', ':', '"':
		return true
	}
	return false
}
