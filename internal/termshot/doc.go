// Package termshot drives a real program in a terminal of its own, reads what the terminal shows and draws it.
//
// Start with [Session]: [Start] runs a command in a pseudo-terminal of a given size, with an emulator that keeps the cells and
// answers the program's queries. [Session.Send] presses keys, [Session.WaitFor] waits until the screen says something,
// [Session.SVG] draws it, the same bytes for the same cells.
//
//	s, err := termshot.Start(ctx, termshot.Command{Path: "bin/microtop", Args: []string{"demo"}, Width: 100, Height: 30})
//	defer s.Close()
//	err = s.Play(ctx, "<until shop.catalog 20s>jj<enter><wait 300ms>")
//	os.WriteFile("nodes.svg", s.SVG(), 0o644)
//
// [ParseScenes] reads a file of such sessions; the command in shoot draws them (make screenshots).
package termshot
