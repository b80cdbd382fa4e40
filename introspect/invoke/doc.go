// Package invoke calls endpoints and streams with them, with messages that exist only as JSON and a schema.
//
// Start with [Load], which says what a target understands, and [Unary] or [Open]. A body is checked against the schema
// before anything is sent. Where the descriptors of protobuf messages are known, they travel as protobuf and nothing is
// lost between JSON and the wire; elsewhere JSON travels as it is.
package invoke
