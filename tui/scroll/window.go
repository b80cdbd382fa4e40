package scroll

// Window is a cursor and a viewport over Len rows, Height of which are seen at
// once. The zero value is an empty window. After setting Len or Height by hand
// call [Window.Fit]; every method leaves the window fitted.
type Window struct {
	// Len is the number of rows, Height the number that fit on screen.
	Len, Height int
	// Top is the index of the first row shown, Cursor that of the selected one.
	Top, Cursor int
}

// Fit brings Cursor into [0, Len) and moves Top as little as needed for the
// cursor to be seen and for no blank row to be shown while rows are hidden
// above. An empty window has Top and Cursor 0.
func (w *Window) Fit() {
	w.Height = max(w.Height, 0)
	w.Cursor = clamp(w.Cursor, 0, w.Len-1)
	if w.Cursor < w.Top {
		w.Top = w.Cursor
	}
	if w.Height > 0 && w.Cursor >= w.Top+w.Height {
		w.Top = w.Cursor - w.Height + 1
	}
	w.Top = clamp(w.Top, 0, w.Len-w.Height)
}

// To puts the cursor on row i, or on the nearest row there is.
func (w *Window) To(i int) {
	w.Cursor = i
	w.Fit()
}

// Move carries out a vertical motion and reports whether m was one.
func (w *Window) Move(m Motion) bool {
	page := max(w.Height, 1)
	half := max(page/2, 1)
	switch m {
	case Down:
		w.To(w.Cursor + 1)
	case Up:
		w.To(w.Cursor - 1)
	case PageDown:
		w.leap(page)
	case PageUp:
		w.leap(-page)
	case HalfDown:
		w.leap(half)
	case HalfUp:
		w.leap(-half)
	case Home:
		w.To(0)
	case End:
		w.To(w.Len - 1)
	case None, Left, Right:
		return false
	}
	return true
}

// leap moves cursor and viewport together, so that the cursor keeps its line
// on the screen while there is something to scroll.
func (w *Window) leap(d int) {
	w.Top = clamp(w.Top+d, 0, w.Len-w.Height)
	w.To(w.Cursor + d)
}

// End returns the index after the last row shown.
func (w *Window) End() int { return min(w.Top+w.Height, w.Len) }

// Thumb returns the first line and the length of a scroll bar's thumb on a bar
// of Height lines; ok is false when everything is seen and no bar is needed.
func (w *Window) Thumb() (start, length int, ok bool) {
	return Thumb(w.Len, w.Height, w.Top)
}

// Thumb is [Window.Thumb] for a viewport of height rows that starts at row top
// of n.
func Thumb(n, height, top int) (start, length int, ok bool) {
	if height <= 0 || n <= height {
		return 0, 0, false
	}
	length = max(height*height/n, 1)
	hidden := n - height
	start = (clamp(top, 0, hidden)*(height-length) + hidden/2) / hidden
	return start, length, true
}

func clamp(v, lo, hi int) int { return max(min(v, hi), lo) }
