package mucp

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// MaxTimeout is the longest time a server grants a request, whatever its Timeout header says.
const MaxTimeout = time.Hour

var errTimeout = errors.New("negative Timeout header: send nanoseconds, or none")

// ParseTimeout reads a Timeout header: nanoseconds, decimal. Zero means none, which is also what text that is no number
// means, as in v4; what is over MaxTimeout becomes MaxTimeout; a negative number is an error.
func ParseTimeout(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err == nil && n < 0, errors.Is(err, strconv.ErrRange) && strings.HasPrefix(text, "-"):
		return 0, errTimeout
	case errors.Is(err, strconv.ErrRange):
		return MaxTimeout, nil
	case err != nil:
		return 0, nil
	}
	return min(time.Duration(n), MaxTimeout), nil
}

// FormatTimeout writes a Timeout header.
func FormatTimeout(d time.Duration) string { return strconv.FormatInt(int64(d), 10) }
