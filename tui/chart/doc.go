// Package chart turns numbers into short texts: sparklines, bars, gauges and
// histograms.
//
// The functions are pure: numbers and a size in, text of exactly that many cells
// out, without styles, so that it fits a table cell or a row of any widget. NaN,
// infinite and negative values and empty lists are drawn as what they are,
// nothing. Glyphs decide between blocks and ASCII.
//
// Start with [Spark].
package chart
