package compose

import "github.com/microtop/microtop/introspect/invoke"

// Again is what the composer is opened with to send a request at once, as a repeat of one that was sent before.
type Again struct{ invoke.Request }
