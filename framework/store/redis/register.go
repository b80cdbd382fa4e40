package redis

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --store redis and MICRO_STORE=redis choose it.
func init() { cmd.DefaultStores["redis"] = NewStore }
