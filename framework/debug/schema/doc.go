// Package schema describes a service's endpoints in full: every message they reach, with stream directions.
//
// The registry's value trees stop three levels down and say nothing of streams (docs/wire.md §6.3); this package fills
// Debug.Schema instead. Start with [Describe].
package schema
