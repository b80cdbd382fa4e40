package cli

import "github.com/spf13/pflag"

// Again are the flags of a copied command line, of a console that was started with args.
func Again(args ...string) ([]string, error) {
	var f connectFlags
	flags := pflag.NewFlagSet("microtop", pflag.ContinueOnError)
	f.add(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return f.again(), nil
}
