package profiling

// Transport is what an HTTPSource dials with.
var Transport = transport

// ParseProfilerURL reads a profiler's address.
var ParseProfilerURL = parseProfilerURL
