package named

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --selector named and MICRO_SELECTOR=named choose it.
func init() { cmd.DefaultSelectors["named"] = NewSelector }
