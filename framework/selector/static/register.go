package static

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --selector static and MICRO_SELECTOR=static choose it.
func init() { cmd.DefaultSelectors["static"] = NewSelector }
