package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/microtop/microtop/internal/scaffold"
)

func (a *app) generateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "generate",
		Short: "Write source code into a project",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.generateProtoCommand())
	return c
}

func (a *app) generateProtoCommand() *cobra.Command {
	var dirs []string
	var check bool
	c := &cobra.Command{
		Use:   "proto [FILE…]",
		Short: "Go code of .proto files: messages, clients and handlers; needs no protoc",
		Long: "Writes NAME.pb.go and NAME.pb.micro.go beside each NAME.proto, for the files named or for all below the current folder.\n" +
			"Prints the files it changed.",
		Example: "  microtop generate proto\n  microtop generate proto proto/greeter.proto --import third_party",
		RunE: func(c *cobra.Command, files []string) error {
			if len(files) == 0 {
				found, err := scaffold.Protos(".")
				if err != nil {
					return err
				}
				if len(found) == 0 {
					return usagef("no .proto file below the current folder: name one")
				}
				files = found
			}
			generated, err := scaffold.Proto(c.Context(), files, dirs)
			if err != nil {
				return err
			}
			if check {
				return a.checkGenerated(generated)
			}
			written, err := scaffold.Write(generated)
			for _, name := range written {
				if _, err := fmt.Fprintln(a.out, name); err != nil {
					return err
				}
			}
			return err
		},
	}
	c.Flags().StringArrayVarP(&dirs, "import", "I", nil, "folder in which imports are looked up (again for more)")
	c.Flags().BoolVar(&check, "check", false, "write nothing; fail if a file is not what would be written")
	return c
}

func (a *app) checkGenerated(generated []scaffold.File) error {
	stale, err := scaffold.Stale(generated)
	if err != nil {
		return err
	}
	if len(stale) > 0 {
		return fmt.Errorf("not up to date: %s: run microtop generate proto", strings.Join(stale, ", "))
	}
	return nil
}
