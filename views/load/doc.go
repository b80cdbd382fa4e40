// Package load is the screen that makes a load of one call and shows how it goes: percentiles, a histogram, errors by
// kind, while it runs.
//
// Start with [Route]. The screen is opened with an invoke.Request; nothing is sent before the load is started.
package load
