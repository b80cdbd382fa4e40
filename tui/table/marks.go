package table

// Marked returns the marked rows in the order of the source, those the filter
// hides included.
func (t *Table) Marked() []Row {
	if len(t.marks) == 0 {
		return nil
	}
	t.sync()
	rows := make([]Row, 0, len(t.marks))
	for i := range t.source.Len() {
		if r := t.source.Row(i); t.marks[r.ID] {
			rows = append(rows, r)
		}
	}
	return rows
}

// Targets returns what an action is about: the marked rows, or else the one
// under the cursor.
func (t *Table) Targets() []Row {
	if rows := t.Marked(); len(rows) > 0 {
		return rows
	}
	if r, ok := t.Selected(); ok {
		return []Row{r}
	}
	return nil
}

// Marks returns the number of marked rows.
func (t *Table) Marks() int { return len(t.marks) }

// ClearMarks takes all marks away.
func (t *Table) ClearMarks() {
	clear(t.marks)
	t.ranged, t.fresh = false, false
}

// toggleMark marks or unmarks the row under the cursor and moves on.
func (t *Table) toggleMark() {
	r, ok := t.Selected()
	if !ok {
		return
	}
	if t.marks[r.ID] {
		delete(t.marks, r.ID)
	} else {
		t.marks[r.ID] = true
	}
	t.ranged = false
	t.moveTo(t.win.Cursor + 1)
}

// toggleRange begins a range at the cursor, or ends it and keeps the marks.
func (t *Table) toggleRange() {
	r, ok := t.Selected()
	if !ok {
		return
	}
	t.ranged, t.anchor = !t.ranged, r.ID
	t.fresh = false
	t.growRange()
}

// growRange marks what lies between the range's beginning and the cursor.
func (t *Table) growRange() {
	if !t.ranged || len(t.order.at) == 0 {
		return
	}
	from := t.order.find(t.source, t.anchor, t.win.Cursor)
	if from < 0 {
		t.ranged = false
		return
	}
	for pos := min(from, t.win.Cursor); pos <= max(from, t.win.Cursor); pos++ {
		t.marks[t.at(pos).ID] = true
	}
}

// pruneMarks forgets marks of rows that are gone from the source.
func (t *Table) pruneMarks() {
	if len(t.marks) == 0 {
		return
	}
	kept := make(map[string]bool, len(t.marks))
	for i := range t.source.Len() {
		if id := t.source.Row(i).ID; t.marks[id] {
			kept[id] = true
		}
	}
	t.marks = kept
}
