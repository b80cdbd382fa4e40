package label

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --selector label and MICRO_SELECTOR=label choose it.
func init() { cmd.DefaultSelectors["label"] = NewSelector }
