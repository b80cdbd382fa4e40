// Package contexts is the screen of the saved targets: what each connects to, and the switch to another one without a
// restart.
//
// Start with [Route].
package contexts
