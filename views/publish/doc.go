// Package publish is a small editor for a message to a topic. Publishing asks first, naming
// the topic.
//
// Start with [Route]. The screen is opened with a topic, or asks for one.
package publish
