// Package services is the first screen: a live table of every service, one row a name, its versions folded.
package services
