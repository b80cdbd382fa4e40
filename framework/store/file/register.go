package file

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --store file and MICRO_STORE=file choose it.
func init() { cmd.DefaultStores["file"] = NewStore }
