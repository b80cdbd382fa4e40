package bench

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of a process's times in /proc: 1/100 s on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// processorTime is the user and system time of another process.
func processorTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read a process's times: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name, which may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("read a process's times: not those of Linux")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	system, failed := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, errors.Join(err, failed)
}

// Memory is what this process holds now, and the most that it ever held, in MB.
func Memory() (now, most float64, err error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0, fmt.Errorf("read the memory held: %w", err)
	}
	read := func(name string) (float64, error) {
		_, rest, _ := strings.Cut(string(text), name+":")
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			return 0, fmt.Errorf("read the memory held: no %s", name)
		}
		kilobytes, err := strconv.ParseFloat(fields[0], 64)
		return kilobytes / 1024, err
	}
	now, err = read("VmRSS")
	most, failed := read("VmHWM")
	return now, most, errors.Join(err, failed)
}
