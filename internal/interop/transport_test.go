package interop_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// A189: every kind of call over the grpc transport, in every content type, to every end, between each two makes of program.
func TestA189_GRPCTransportMatrix(t *testing.T) {
	t.Setenv("TRANSPORT", "grpc")
	matrix(t, "transport")
	for _, make := range []string{"ours", "v4"} {
		if err := unknownTo(t.Context(), serveProgram(t, make, uniqueName("transport"), "").address); err == nil || !strings.Contains(err.Error(), "Unimplemented") {
			t.Errorf("%s does not listen with gRPC: %v", make, err)
		}
	}
}

// unknownTo calls what no server has.
func unknownTo(ctx context.Context, addr string) error {
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // the call is what counts
	var none []byte
	return conn.Invoke(ctx, "/no.Such/Method", &none, &none, grpc.ForceCodec(bare{}))
}

// bare sends nothing.
type bare struct{}

func (bare) Marshal(any) ([]byte, error) { return nil, nil }
func (bare) Unmarshal([]byte, any) error { return nil }
func (bare) Name() string                { return "" }
