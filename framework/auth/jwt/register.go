package jwt

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --auth jwt and MICRO_AUTH=jwt choose it.
func init() { cmd.DefaultAuths["jwt"] = NewAuth }
