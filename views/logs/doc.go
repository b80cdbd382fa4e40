// Package logs shows the log of several nodes as one: the last records of each, then what
// they write.
//
// Start with [Route]. The screen is opened with nodes, or with a service. A node that does
// not tell, or stops telling, says so in the log; the others go on.
package logs
