// Package compose is what the screens share that send something: a JSON body that is
// checked while it is typed, and what it is for. It is a leaf below the screens and knows
// none of them.
//
// Start with [Body], an editor with a check; [Request] reads what a screen is opened with
// and [Find] the endpoint's shape. A Body belongs to its screen's goroutine.
package compose
