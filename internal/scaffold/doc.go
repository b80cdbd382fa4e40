// Package scaffold writes source code for users: what stands behind the command generate.
package scaffold
