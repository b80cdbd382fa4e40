// Package frametest drives a console in a test: a real program, in process, drawing
// into a terminal emulator.
//
//	x := frametest.New(t, cfg, 80, 24)
//	x.Keys("jj", "enter")
//	x.WaitFor("checkout")
//	x.Golden()
//
// Start with [New]; a widget alone needs no program: [Press], [Exact] and [Golden]. Nothing sleeps: every wait polls and fails the test after 5 seconds.
package frametest
