// Package publish is a small editor for messages to a topic: the message, checked against what the topic's subscribers
// take while it is typed, and below it how it is published: headers, count, interval, template, or the lines of a file.
// Publishing asks first, naming the topic.
//
// Start with [Route]. The screen is opened with a topic, or asks for one.
package publish
