package cmd_test

import (
	"fmt"
	"testing"

	"github.com/microtop/microtop/framework/cmd"

	// Each registers its name.
	_ "github.com/microtop/microtop/framework/auth/jwt"
	_ "github.com/microtop/microtop/framework/cache/redis"
	_ "github.com/microtop/microtop/framework/client/grpc"
	_ "github.com/microtop/microtop/framework/client/http"
	_ "github.com/microtop/microtop/framework/registry/file"
	_ "github.com/microtop/microtop/framework/server/grpc"
	_ "github.com/microtop/microtop/framework/server/http"
	_ "github.com/microtop/microtop/framework/store/file"
	_ "github.com/microtop/microtop/framework/store/redis"
)

// Importing a plug-in's package registers its name; making one by it opens nothing.
func TestA034_ABlankImportRegistersAPlugIn(t *testing.T) {
	for name, made := range map[string]fmt.Stringer{
		"registry file": cmd.DefaultRegistries["file"](), "store file": cmd.DefaultStores["file"](), "store redis": cmd.DefaultStores["redis"](),
		"server grpc": cmd.DefaultServers["grpc"](), "server http": cmd.DefaultServers["http"](), "client grpc": cmd.DefaultClients["grpc"](),
		"cache redis": cmd.DefaultCaches["redis"](), "auth jwt": cmd.DefaultAuths["jwt"](),
	} {
		if kind := name[len(name)-len(made.String()):]; kind != made.String() {
			t.Errorf("%s makes %s", name, made)
		}
	}
	s := newService()
	if err := s.parse("--registry", "file", "--registry-address", t.TempDir(), "--store", "redis"); err != nil {
		t.Fatal(err)
	}
	if s.registry.String() != "file" || len(s.registry.Options().Addrs) != 1 || s.store.String() != "redis" {
		t.Errorf("registry %s %v, store %s", s.registry, s.registry.Options().Addrs, s.store)
	}
}
