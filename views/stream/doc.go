// Package stream talks over a stream: a transcript of what went each way, with times, and
// below it the message to send next.
//
// Start with [Route]. The screen is opened like the composer's, with an invoke.Request or
// SERVICE ENDPOINT [JSON]. What a peer sends faster than a screen can show goes through a
// bounded ring and is counted, never waited for.
package stream
