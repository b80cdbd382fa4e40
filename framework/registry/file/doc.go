// Package file is a registry in a directory, for the processes of one user on one host: one file per node, found by
// reading the directory, kept alive by its modification time.
//
// It needs no network and no server, so it is what is left where multicast does not work. Start with [NewRegistry].
//
// A file holds the JSON of docs/wire.md §6.1 with one node. It is written under another name and renamed, so a reader
// sees all of it or nothing. Every process that registered a node sets the file's modification time every 10 s; a
// file whose time is 30 s old is of a process that is gone, and counts no more. A registration with a TTL ends with it
// even while the process lives, and its file's time is set so that it is 30 s old at that moment.
package file
