package file

import "github.com/microtop/microtop/framework/cmd"

// Importing the package lets --registry file and MICRO_REGISTRY=file choose it.
func init() { cmd.DefaultRegistries["file"] = NewRegistry }
