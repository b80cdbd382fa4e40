package metadata_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/microtop/microtop/framework/metadata"
)

// The spellings are those a go-micro v4.9.0 handler saw (docs/wire.md §8.3, §11.5).
func TestFromContextTitleCasesKeys(t *testing.T) {
	ctx := metadata.NewContext(context.Background(), metadata.Metadata{
		"x-tenant": "a", "mixedCase": "b", ":authority": "c", "Remote": "d",
	})
	got, ok := metadata.FromContext(ctx)
	want := metadata.Metadata{"X-Tenant": "a", "MixedCase": "b", ":Authority": "c", "Remote": "d"}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("FromContext (-want +got):\n%s", diff)
	}
	got["X-Tenant"] = "changed"
	if value, _ := metadata.Get(ctx, "x-tenant"); value != "a" {
		t.Errorf("changing the copy changed the context: %q", value)
	}
}

func TestSetAndDelete(t *testing.T) {
	ctx := metadata.Set(context.Background(), "x-a", "1")
	ctx = metadata.Set(ctx, "X-B", "2")
	for _, key := range []string{"x-a", "X-A"} {
		if value, ok := metadata.Get(ctx, key); !ok || value != "1" {
			t.Errorf("Get(%q) = %q, %v", key, value, ok)
		}
	}
	for _, key := range []string{"x-b", "X-B"} {
		if _, ok := metadata.Get(metadata.Delete(ctx, key), "X-B"); ok {
			t.Errorf("Delete(%q) left the key", key)
		}
	}
}

func TestMergeContext(t *testing.T) {
	base := metadata.NewContext(context.Background(), metadata.Metadata{"A": "1", "B": "2"})
	for _, c := range []struct {
		name      string
		overwrite bool
		want      metadata.Metadata
	}{
		{"keep", false, metadata.Metadata{"A": "1", "B": "2", "C": "3"}},
		{"overwrite", true, metadata.Metadata{"A": "9", "C": "3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			patch := metadata.Metadata{"A": "9", "B": "", "C": "3"}
			got, _ := metadata.FromContext(metadata.MergeContext(base, patch, c.overwrite))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGetDoesNotAllocate(t *testing.T) {
	ctx := metadata.NewContext(context.Background(), metadata.Metadata{"X-Tenant": "a"})
	if n := testing.AllocsPerRun(100, func() { metadata.Get(ctx, "X-Tenant") }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
