//go:build unix

package runtime

import (
	"os/exec"
	"syscall"
)

// separate puts the command into a process group of its own.
func separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// ask tells the command's process group to end.
func ask(cmd *exec.Cmd) { signalGroup(cmd, syscall.SIGTERM) }

// kill ends what is left of the command's process group.
func kill(cmd *exec.Cmd) { signalGroup(cmd, syscall.SIGKILL) }

func signalGroup(cmd *exec.Cmd, sig syscall.Signal) {
	// ESRCH only: the group is gone.
	_ = syscall.Kill(-cmd.Process.Pid, sig)
}
