// Package scaffold writes source code for users: what stands behind the commands generate and, one day, new.
package scaffold
