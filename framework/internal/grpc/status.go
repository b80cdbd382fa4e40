package grpc

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	errs "github.com/microtop/microtop/framework/errors"
)

// toGRPC maps the codes of framework errors; any other is Unknown.
var toGRPC = map[int32]codes.Code{
	200: codes.OK, 400: codes.InvalidArgument, 401: codes.Unauthenticated, 403: codes.PermissionDenied, 404: codes.NotFound,
	408: codes.DeadlineExceeded, 409: codes.AlreadyExists, 412: codes.FailedPrecondition, 500: codes.Internal,
	501: codes.Unimplemented, 503: codes.Unavailable,
}

// fromGRPC maps the codes of foreign gRPC peers; any other is 500.
var fromGRPC = map[codes.Code]int32{
	codes.InvalidArgument: 400, codes.DeadlineExceeded: 408, codes.NotFound: 404, codes.AlreadyExists: 409,
	codes.PermissionDenied: 403, codes.Unauthenticated: 401, codes.FailedPrecondition: 412, codes.Unimplemented: 501,
	codes.Internal: 500, codes.Unavailable: 503,
}

// maxDetail bounds an error's text, which travels in a trailer, twice.
const maxDetail = 2 << 10

// ToStatus returns what a handler's error is on the wire: a framework error travels as the JSON in the message and as
// a detail; a gRPC status as it is; a few errors of the standard library by their meaning; the rest is Unknown.
func ToStatus(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errs.As(err); ok {
		return fromError(e)
	}
	if s, ok := status.FromError(err); ok {
		return s.Err()
	}
	return status.Error(codeOf(err), clean(err.Error()))
}

func fromError(e *errs.Error) error {
	code, ok := toGRPC[e.GetCode()]
	if !ok {
		code = codes.Unknown
	}
	if code == codes.OK {
		return nil
	}
	short := &errs.Error{Id: clean(e.GetId()), Code: e.GetCode(), Detail: clean(e.GetDetail()), Status: clean(e.GetStatus())}
	s := status.New(code, short.Error())
	if detailed, err := s.WithDetails(short); err == nil {
		s = detailed
	}
	return s.Err()
}

// codeOf maps errors of the standard library.
func codeOf(err error) codes.Code {
	switch {
	case errors.Is(err, io.EOF):
		return codes.OutOfRange
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	case errors.Is(err, fs.ErrNotExist):
		return codes.NotFound
	case errors.Is(err, fs.ErrExist):
		return codes.AlreadyExists
	case errors.Is(err, fs.ErrPermission):
		return codes.PermissionDenied
	}
	return codes.Unknown
}

// clean makes text valid in a message, and short enough.
func clean(text string) string {
	if len(text) > maxDetail {
		text = text[:maxDetail] + "…"
	}
	return strings.ToValidUTF8(text, "\ufffd")
}

// FromStatus returns the framework error that a call's error stands for: the detail that a framework peer sent, else
// the JSON in the message, else what the code means, with id.
func FromStatus(err error, id string) *errs.Error {
	s, ok := status.FromError(err)
	if !ok {
		return errs.FromError(err)
	}
	for _, detail := range s.Details() {
		if e, ok := detail.(*errs.Error); ok {
			return e
		}
	}
	if e := errs.Parse(s.Message()); e.GetCode() != 0 {
		return e
	}
	code, ok := fromGRPC[s.Code()]
	if !ok {
		code = 500
	}
	e, _ := errs.As(errs.New(id, s.Message(), code))
	return e
}
