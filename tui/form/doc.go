// Package form is a form with any number of fields: nested, folded, each unset, default or set, edited in place.
//
// The form shows the rows of a [Source] and reports what the user wants as an [Event]; whoever owns it does that to
// what the rows are of, and calls [Form.Refresh]. Only the rows on the screen are asked for, so that a form of three
// hundred fields costs what one of twenty does. Start with [New]. A Form belongs to one goroutine.
package form
