// Package tui is the shell of a full-screen program: a stack of screens in a frame
// with header, crumbs and foot, one table of actions that feeds keys, hints, help, the
// ":" command line and the palette, and what every screen needs: filter, dialogs,
// toasts, clipboard, editor, live data. It knows nothing of what the screens show.
//
// A view implements [Screen]; the program above lists the views as [Route] and calls
// [Run]. Screens never know each other: one asks for another with [Open]. Whatever a
// screen wants of the shell is a message from a command: [Open], [Back], [Toast],
// [Did], [Confirm], [Menu], [Prompt], [Copy], [Edit], [Swap], [Quit]. What waits runs in a command of
// the screen's [Scope]; live data comes through a [Feed]. Text on the frame is
// safetext.Line, so that nothing from outside can act on the terminal.
//
// The package's example is a whole screen. Tests drive a shell with tui/frametest.
package tui
