package file

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrDamaged says that a table's file is not as it was written: cut short, or overwritten by something else.
var ErrDamaged = errors.New("the table's file is damaged: put a copy in its place, or move it away to begin anew")

// guard turns what bbolt does about a damaged file into ErrDamaged: it panics, or reads mapped memory that has no file
// behind it any more.
func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w (%v)", ErrDamaged, v)
		}
	}()
	return fn()
}
