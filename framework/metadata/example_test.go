package metadata_test

import (
	"context"
	"fmt"

	"github.com/microtop/microtop/framework/metadata"
)

func Example() {
	// A caller adds to what its own caller sent; the handler that it calls finds it, whatever the case of the key.
	ctx := metadata.NewContext(context.Background(), metadata.Metadata{"X-Tenant": "north"})
	ctx = metadata.Set(ctx, "X-User-Id", "ada")
	tenant, _ := metadata.Get(ctx, "x-tenant")
	user, _ := metadata.Get(ctx, "X-User-Id")
	fmt.Println(tenant, user)
	// Output: north ada
}

func ExampleMergeContext() {
	ctx := metadata.NewContext(context.Background(), metadata.Metadata{"X-Tenant": "north"})
	ctx = metadata.MergeContext(ctx, metadata.Metadata{"X-Tenant": "south", "X-Trial": "yes"}, false)
	md, _ := metadata.FromContext(ctx)
	fmt.Println(md)
	// Output: map[X-Tenant:north X-Trial:yes]
}
