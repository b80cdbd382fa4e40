package tui

// Look is how the user made screens look: the order of a table, whether a pane is open.
// The names are the screens' own.
type Look map[string]string

// Rememberer is a screen that the user can shape. What it notes when another screen
// takes its place is what the next one of its kind begins with, also in the next run if
// the program keeps it: see [Config].
type Rememberer interface {
	// Remember notes how the screen looks; what others noted stays.
	Remember(Look)
	// Recall makes the screen look as noted. What it does not know it leaves alone: the
	// notes may be from another version of the program.
	Recall(Look)
}

// remember notes the look of the top screen.
func (s *Shell) remember() {
	if r, ok := s.screen().(Rememberer); ok {
		r.Remember(s.look)
	}
}

func (s *Shell) reshape(screen Screen) {
	if r, ok := screen.(Rememberer); ok {
		r.Recall(s.look)
	}
}
