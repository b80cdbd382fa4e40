// Package arch keeps the house in order: it reads the source of the whole repository and says where a rule of the
// architecture is broken, with the file, the line and the way to mend it.
//
// Start with [House]: [Load] reads one from a file system, [Inspect] holds it against [Rules]. The test of this package does
// that to the repository itself, and its other tests show on small made-up trees that every rule can fail.
//
// The floors, an arrow meaning "imports" and pointing only down:
//
//	main.go → internal → views → profiling → introspect → framework
//	                     views → tui
//
// A breach that is right all the same gets a line in exceptions.go with its reason; a line nobody needs any more is a breach too.
package arch
