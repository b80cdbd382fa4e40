// Package paint draws rows of text that are exactly as wide as they must be.
//
// A widget builds each screen row by hand: [Row] clips, scrolls and pads by
// terminal cells, whatever the text holds (wide characters, joined emoji,
// combining marks), and [Pen] is a style whose escape sequences were worked out
// once. Rendering a Lip Gloss style per cell costs a few hundred times more.
//
// Start with [NewPens] and [Row]. A Row may be given only clean text: that of a
// safetext value or the program's own. Nothing here is safe for concurrent use.
package paint
