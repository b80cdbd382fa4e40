// Command protoc-gen-micro is a protoc plug-in: protoc --go_out=. --micro_out=. writes a client and a registration
// function for each service of a .proto file, with the names that go-micro v4's generator gives them.
//
// Parameters: paths=source_relative and M… as protoc-gen-go knows them; framework=PATH imports the framework from another
// module.
package main

import (
	"flag"

	"google.golang.org/protobuf/compiler/protogen"

	"github.com/microtop/microtop/framework/cmd/protoc-gen-micro/microgen"
)

func main() {
	var flags flag.FlagSet
	framework := flags.String("framework", microgen.Framework, "import path of the framework")
	protogen.Options{ParamFunc: flags.Set}.Run(func(plugin *protogen.Plugin) error {
		plugin.SupportedFeatures = microgen.Features
		for _, file := range plugin.Files {
			if file.Generate {
				microgen.Generate(plugin, file, *framework)
			}
		}
		return nil
	})
}
