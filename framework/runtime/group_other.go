//go:build !unix

package runtime

import "os/exec"

// separate does nothing where there are no process groups: children of a service are the service's to end.
func separate(*exec.Cmd) {}

// ask does nothing: the end of its standard input asks the service to end.
func ask(*exec.Cmd) {}

// kill ends the command.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() } // it may have ended
