// Package fleet is the live registry: snapshots of who is there, and a timeline of what changed.
//
// A [Fleet] folds three sources by service, version and node id: the registry's watch events, a slow re-list (a watch
// is not trusted alone), and a probe of each node about once a second. A node that went away stays for a while, as
// down. Start with [Start]; [List] is the one-shot form.
package fleet
