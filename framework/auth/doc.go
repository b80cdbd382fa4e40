// Package auth says who is calling and what they may do.
//
// [Auth] makes accounts and tokens and tells whose a token is; [Rules] decide whether an account may use a resource.
// The default ([NewAuth]) checks nothing: it takes every token for somebody's. Real ones are sub-packages (auth/jwt).
// No server checks a token by itself: put the wrappers of framework/wrapper/auth around handlers and calls.
// Every implementation runs the suite in authtest. Start with [Auth] and [Verify]; the formats are in docs/wire.md §12.
package auth
