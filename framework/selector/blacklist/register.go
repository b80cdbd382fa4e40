package blacklist

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --selector blacklist and MICRO_SELECTOR=blacklist choose it.
func init() { cmd.DefaultSelectors["blacklist"] = NewSelector }
