// Package auth checks who calls, and calls as somebody: JSON web tokens and rules around handlers, tokens around calls.
//
// [NewHandlerWrapper] reads "Authorization: Bearer <token>", refuses tokens that are not valid with 401, lets rules
// decide and puts the account into the handler's context; [NewSubscriberWrapper] does so for messages. [NewClientWrapper] adds the service's own token and its
// namespace to calls (docs/wire.md §12), keeps the token fresh, and sends it only where it may go: over verified TLS, to
// this host, and to the addresses it is told. Whoever can register a service would otherwise be sent everybody's tokens.
package auth
