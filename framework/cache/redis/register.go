package redis

import "github.com/microtop/microtop/framework/cmd"

// Importing the package adds the name to the caches; no flag chooses a cache.
func init() { cmd.DefaultCaches["redis"] = NewCache }
