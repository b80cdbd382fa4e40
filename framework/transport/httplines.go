package transport

// lines appends the header lines of messages. Messages on a connection differ in a few values: the other lines are made
// once.
type lines struct{ made []madeLine }

// madeLine is the line of the last field at its place; of a field without a name there is none.
type madeLine struct {
	of   Field
	text []byte
}

func (l *lines) append(dst []byte, list []Field) (_ []byte, err error) {
	if len(list) > memoLines {
		l.made = nil
		return appendFields(dst, list)
	}
	for i := range list {
		if i == len(l.made) {
			l.made = append(l.made, madeLine{})
		}
		line := &l.made[i]
		if line.of == list[i] && line.of.Name != "" {
			dst = append(dst, line.text...)
			continue
		}
		start := len(dst)
		if dst, err = appendFields(dst, list[i:i+1]); err != nil {
			return nil, err
		}
		if made := dst[start:]; len(made) <= keptHeadSize {
			line.of, line.text = list[i], append(line.text[:0], made...)
		} else {
			*line = madeLine{}
		}
	}
	return dst, nil
}
