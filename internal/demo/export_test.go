package demo

import (
	"context"
	"io"
	"time"
)

// Convert is what Currency.Convert does with one amount.
var Convert = convert

// NewClient returns a client of every protocol of the fleet.
var NewClient = newClient

// OneIn returns what hits one call of each n.
func OneIn(n int) func() bool { return (&oneIn{n: n}).hit }

// Budget returns what hands out time at a share of the time that passes.
func Budget(share float64, most time.Duration) func(time.Duration, time.Time) time.Duration {
	return (&budget{share: share, most: most}).take
}

// CreateLog opens a log file of at most that many bytes.
func CreateLog(name string, most int64) (io.WriteCloser, error) { return createLog(name, most) }

// Take makes a folder this process's, until leave.
func Take(ctx context.Context, dir string) (logs string, leave func() error, err error) {
	p, err := take(ctx, dir)
	if err != nil {
		return "", nil, err
	}
	return p.logs(), p.leave, nil
}

// ClearUp removes the folder of a fleet that is gone.
var ClearUp = clearUp

// Choose returns the name and address of the registry for what was asked.
func Choose(registry, address string, probe func() error) (string, string, error, error) {
	w, why, err := choose(where{registry, address}, probe)
	return w.registry, w.address, why, err
}
