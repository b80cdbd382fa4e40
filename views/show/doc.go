// Package show is how the screens show what they share: rates, bytes, ages, the state of a node, the health of a
// service, and the list that most of them are. It is the one leaf below the screens; it knows none of them.
//
// Start with [List], a live table of anything with an id; [Source] is where it sees the fleet.
package show
