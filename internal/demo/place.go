package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// ErrRunning says that this user has a demo on this host already.
var ErrRunning = errors.New("a demo is running already")

const (
	lockName = "lock"
	logsName = "logs"
	// lockTries and lockPause are how long a lock is waited for whose holder only clears up.
	lockTries = 40
	lockPause = 50 * time.Millisecond
)

// place is the fleet's folder: the user's alone, and one fleet's at a time. The lock dies with the process that holds
// it, so what lies in the folder while nobody holds the lock is nobody's.
type place struct {
	dir  string
	lock *os.File
}

// placeDir is where the demo of this user lives.
func placeDir() string {
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(runtime) {
		return filepath.Join(runtime, "microtop-demo")
	}
	return filepath.Join(os.TempDir(), "microtop-demo-"+strconv.Itoa(os.Getuid()))
}

// take makes the folder this process's and removes what an earlier fleet left there. It gives ErrRunning, with the
// process id, while another process has it.
func take(ctx context.Context, dir string) (*place, error) {
	for try := 1; ; try++ {
		p, holder, err := tryTake(dir)
		if err != nil {
			return nil, err
		}
		if p != nil {
			return p, p.settle()
		}
		if alive(holder) {
			return nil, fmt.Errorf("%w: process %d; stop it first", ErrRunning, holder)
		}
		if try == lockTries { // somebody clears up and does not come to an end
			return nil, fmt.Errorf("%w: another process holds %s", ErrRunning, filepath.Join(dir, lockName))
		}
		if err := pause(ctx, lockPause); err != nil {
			return nil, err
		}
	}
}

// tryTake locks the folder, or names the process that has it.
func tryTake(dir string) (p *place, holder int, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, 0, fmt.Errorf("create the demo's folder: %w", err)
	}
	if err := private(dir); err != nil {
		return nil, 0, err
	}
	return lock(dir, os.O_CREATE)
}

// private reports why a folder is not this user's alone.
func private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at the demo's folder: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(stat.Uid) != os.Geteuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not a folder of this user alone: remove it", dir)
	}
	return nil
}

// lock opens and locks the lock file. Without p and error somebody else has it: the holder, if it is known.
func lock(dir string, flag int) (p *place, holder int, err error) {
	name := filepath.Join(dir, lockName)
	file, err := os.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW|flag, 0o600) //nolint:gosec // the folder is the user's alone
	if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
		return nil, 0, nil // the folder was cleared away just now
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open the demo's lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil && current(file, name) {
		return &place{dir: dir, lock: file}, 0, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, err = readPID(file), nil
	}
	return nil, holder, errors.Join(err, file.Close()) // or the file was cleared away just now
}

// current says whether an open file still is the one of that name.
func current(file *os.File, name string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(name)
	return err == nil && os.SameFile(opened, named)
}

func readPID(file *os.File) int {
	var text [32]byte
	n, _ := file.ReadAt(text[:], 0) // a short file is a short number
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text[:n])))
	if err != nil {
		return 0
	}
	return pid
}

// alive says whether there is a process with that id.
func alive(pid int) bool {
	if pid <= 0 {
		return false
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// settle removes what is left of an earlier fleet and writes down whose the folder is now.
func (p *place) settle() error {
	err := os.RemoveAll(p.logs())
	if err == nil {
		err = p.lock.Truncate(0)
	}
	if err == nil {
		_, err = p.lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("prepare the demo's folder: %w", err), p.leave())
	}
	return nil
}

// logs is the folder of the nodes' logs.
func (p *place) logs() string { return filepath.Join(p.dir, logsName) }

// leave removes the folder and lets go of it.
func (p *place) leave() error {
	failed := []error{os.RemoveAll(p.logs()), os.Remove(filepath.Join(p.dir, lockName))}
	if err := os.Remove(p.dir); !errors.Is(err, syscall.ENOTEMPTY) { // somebody has put a file there
		failed = append(failed, err)
	}
	return errors.Join(append(failed, p.lock.Close())...)
}

// clearUp removes the folder of a fleet that is gone, unless somebody else has it: the next fleet, or another node that
// clears up.
func clearUp(dir string) {
	p, _, err := lock(dir, 0)
	if err != nil || p == nil {
		return
	}
	_ = p.leave() // what stays is removed by the next fleet
}
