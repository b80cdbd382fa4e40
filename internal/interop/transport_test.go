package interop_test

import "testing"

// A189: every kind of call over the grpc transport, in every content type, to every end, between each two makes of program.
func TestA189_GRPCTransportMatrix(t *testing.T) {
	t.Setenv("TRANSPORT", "grpc")
	matrix(t, "transport")
}
