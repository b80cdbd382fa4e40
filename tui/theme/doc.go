// Package theme holds the console's styles, named by their role, and the glyphs it
// draws with. No meaning is carried by colour alone: every theme pairs it with a
// shape, a letter or an attribute, so [Plain] loses nothing.
//
// Start with [Default], which uses the terminal's own 16 colours.
package theme
