package show

import (
	"errors"
	"fmt"
	"net/http"
)

// Remote is how an error that a service answered tells what it is.
type Remote interface {
	error
	GetId() string
	GetCode() int32
	GetDetail() string
}

// Failure is an error as people read it: of a service's answer the code, its word and the
// detail.
func Failure(err error) string {
	var told Remote
	switch {
	case !errors.As(err, &told):
	case told.GetCode() == 0 && told.GetDetail() != "":
		return told.GetDetail()
	case told.GetCode() != 0:
		return Status(told.GetCode()) + ": " + told.GetDetail()
	}
	return err.Error()
}

// Status is a code with its word: "503 Service Unavailable".
func Status(code int32) string {
	if code == 0 {
		return "no status"
	}
	if word := http.StatusText(int(code)); word != "" {
		return fmt.Sprintf("%d %s", code, word)
	}
	return fmt.Sprint(code)
}
