// Package match is the console's filter language, the one behind `/` in every
// widget:
//
//	shop        rows that contain "shop", whatever the case
//	a|b.*c      a regular expression (RE2), whatever the case; (?-i) makes it exact
//	!x          rows that do not match x
//	-f chkt     fuzzy: the letters in this order, anything between
//	-l k=v,k2   in lists of what has labels: those with this value, and with that key; !-l those without
//
// Start with [Parse]; labels have their own [ParseLabels]. A [Matcher] is immutable and safe for concurrent use.
package match
