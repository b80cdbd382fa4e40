// Package mdns speaks the part of multicast DNS that service registries need: it announces entries, answers questions
// about them, asks questions and hears what others announce. Packets are those of docs/wire.md §5, built and read with
// miekg/dns; what the text of an entry means is the caller's.
//
// Start with [Peer]. A Peer has one set of sockets on port 5353 and two goroutines more than sockets, however many
// entries it announces, and has them only while something is announced or listened to. A question gets sockets of its own.
package mdns
