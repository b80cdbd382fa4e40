// Package call is the composer: on one side the request as JSON, made from the endpoint's
// schema and checked while it is typed, with its options; on the other the answer, with
// its status, size, time, node and every attempt.
//
// Start with [Route]. The screen is opened with an invoke.Request, or with the rest of a
// ":" line, SERVICE ENDPOINT [JSON].
package call
