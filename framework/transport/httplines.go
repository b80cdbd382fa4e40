package transport

import "slices"

// lines appends the header lines of messages. The frames of a stream differ in their bodies only: their lines are made
// once.
type lines struct {
	first string // the first value of the message before
	list  []Field
	text  []byte
}

func (l *lines) append(dst []byte, list []Field) ([]byte, error) {
	if len(list) == 0 {
		return dst, nil
	}
	if slices.Equal(l.list, list) {
		return append(dst, l.text...), nil
	}
	start := len(dst)
	dst, err := appendFields(dst, list)
	if err != nil {
		return nil, err
	}
	if made := dst[start:]; list[0].Value == l.first && len(made) <= keptHeadSize {
		l.list, l.text = append(l.list[:0], list...), append(l.text[:0], made...)
	}
	l.first = list[0].Value
	return dst, nil
}
