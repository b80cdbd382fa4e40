// Package profile captures profiles from nodes and shows them: a list of the captures on
// disk, a form to make new ones, and a viewer with top, flame graph and goroutine groups of
// one capture, of several merged, or of the difference of two.
//
// Start with [Routes]. "profile" is opened with nodes or a service, and is the form then, or
// with nothing, and is the list; "top" is opened with a capture's id.
package profile
