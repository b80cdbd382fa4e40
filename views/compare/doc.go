// Package compare is the screen of one call made on every node: what each answered, how long it took, and which
// answers differ.
//
// Start with [Route]. The screen is opened with an invoke.Request, which it sends at once.
package compare
