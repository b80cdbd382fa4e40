// Package events is the registry's timeline: who came, changed, left or flapped, and when, the newest first.
package events
