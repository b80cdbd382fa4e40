// Package profiling treats profiles as data: it captures them from nodes, keeps
// them on disk, and turns them into rows and trees that a table, a flame graph
// or a command can show.
//
// Start with [Profile], which [Parse] makes from pprof's bytes. [Top], [Peek],
// [Tree], [Flame], [GoroutineGroups] and [Folded] read one; [Merge] and [Diff]
// put several together. [Capture] asks nodes for profiles through the [Source]
// interface ([HTTPSource] is the pprof endpoint over HTTP), and a [Store] keeps
// the results.
//
// Nothing here draws or prints. A Profile never changes once parsed, so any
// number of goroutines may read it. Profiles come from other processes and are
// not trusted: parsing is bounded by [Limits], file names are built from safe
// bytes only, and names inside a profile are handed on raw, to be made safe by
// whoever shows them.
package profiling
