// Package carrier is how a context carries metadata that is made only when somebody asks for it: most handlers never
// do. Package metadata reads it; servers provide it. Start with [Source].
package carrier

// Key is the context key of metadata. Its value is a metadata.Metadata or a Source.
type Key struct{}

// Source makes metadata. It is safe for concurrent use, and gives the same map each time, which must not be changed.
type Source interface {
	Metadata() map[string]string
}
