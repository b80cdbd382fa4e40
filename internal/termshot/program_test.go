package termshot_test

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/term"
)

// asProgram makes the test binary play the program in the terminal.
const asProgram = "TERMSHOT_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if mode := os.Getenv(asProgram); mode != "" {
		if err := program(mode); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(7)
	}
	goleak.VerifyTestMain(m)
}

// program shows the alternate screen with one line per feature, names the keys it reads, says its size again when that
// changes, and ends at q with status 7. In the mode "stubborn" it ignores the hang-up of its terminal.
func program(mode string) error {
	if mode == "stubborn" {
		signal.Ignore(syscall.SIGHUP)
	}
	old, err := term.MakeRaw(0)
	if err != nil {
		return err
	}
	defer term.Restore(0, old)
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	go func() {
		for range resized {
			showSize()
		}
	}()
	fmt.Print("\x1b[?1049h\x1b[?25l\x1b]2;the <title>\x07\x1b[2J\x1b[H")
	fmt.Print("plain \x1b[1mbold\x1b[0m \x1b[7mreverse\x1b[0m \x1b[4munder\x1b[0m\r\n")
	fmt.Print("\x1b[31mred\x1b[0m \x1b[38;5;208morange\x1b[0m \x1b[38;2;1;2;3mexact\x1b[0m\r\n")
	fmt.Print("wide 世界 end <&>\r\n")
	showSize()
	fmt.Print("\x1b[6n") // where is the cursor? The terminal answers like a keyboard.
	buffer := make([]byte, 64)
	for {
		n, err := os.Stdin.Read(buffer)
		if err != nil {
			return err
		}
		fmt.Printf("\x1b[6;1H\x1b[Kkey %q", buffer[:n])
		if string(buffer[:n]) == "q" {
			fmt.Print("\x1b[?1049l\x1b[?25hbye\r\n")
			return nil
		}
	}
}

func showSize() {
	width, height, _ := term.GetSize(0)
	fmt.Printf("\x1b[4;1H\x1b[Ksize %dx%d", width, height)
}
