// Package describe shows the registry's record of a service as JSON or YAML, as it is.
package describe
