// Command shoot plays a file of terminal scenes and writes the pictures taken in them.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/microtop/microtop/internal/termshot"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "shoot:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("shoot", flag.ContinueOnError)
	script := flags.String("script", "screenshots/scenes.txt", "the scenes to play")
	dir := flags.String("out", "screenshots", "where the pictures go")
	only := flags.String("only", "", "play only the scene of this name")
	if err := flags.Parse(args); err != nil {
		return err
	}
	file, err := os.Open(*script)
	if err != nil {
		return err
	}
	defer file.Close()
	scenes, err := termshot.ParseScenes(file)
	if err != nil {
		return fmt.Errorf("%s: %w", *script, err)
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil { //nolint:gosec // pictures are for everybody
		return err
	}
	save := func(name string, svg []byte) error {
		target := filepath.Join(*dir, name)
		fmt.Fprintf(out, "%s (%d KB)\n", target, (len(svg)+1023)/1024)
		return os.WriteFile(target, svg, 0o644) //nolint:gosec // pictures are for everybody
	}
	for _, scene := range scenes {
		if *only != "" && scene.Name != *only {
			continue
		}
		if err := scene.Shoot(ctx, save); err != nil {
			return err
		}
	}
	return nil
}
