package dns

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --selector dns and MICRO_SELECTOR=dns choose it.
func init() { cmd.DefaultSelectors["dns"] = NewSelector }
