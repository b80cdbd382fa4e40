// Package schema is one model of a service's endpoints and their messages, whatever it was learned from.
//
// [FromDebug] reads the debug service's answer, [FromRegistry] the registry's value trees, which stop three levels
// down. From the model come templates, validation with field paths, and, where descriptors are known, the conversion
// between JSON and protobuf bytes.
package schema
