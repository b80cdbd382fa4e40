// Package endpoints shows what a service answers and listens to, each with its request and response as a tree that is
// made as far as somebody looks, since a message may contain itself.
package endpoints
