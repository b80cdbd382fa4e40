// Package tail shows the messages of topics as they come, their bodies read in any of several ways, filtered by text, by a
// regular expression or by a jq expression, and keeps the newest of them.
//
// Start with [Route]. The screen is opened with topics. What comes faster than it can be
// shown is counted, by the tail below or here, and stated.
package tail
