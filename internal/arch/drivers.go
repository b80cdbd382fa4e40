package arch

import (
	"slices"
	"strings"
)

// drivers maps the libraries of products to the folders that may import them: any folder of that name below framework/.
// A library of which users of the framework must not know unless they asked for it belongs here.
var drivers = []struct{ prefix, product string }{
	{"github.com/fsnotify/", "file"},
	{"go.etcd.io/bbolt", "file"},
	{"go.etcd.io/etcd", "etcd"},
	{"github.com/hashicorp/consul", "consul"},
	{"k8s.io/", "kubernetes"},
	{"github.com/go-zookeeper/", "zookeeper"},
	{"github.com/nacos-group/", "nacos"},
	{"github.com/nats-io/", "nats"},
	{"github.com/rabbitmq/", "rabbitmq"},
	{"github.com/segmentio/kafka-go", "kafka"},
	{"github.com/twmb/franz-go", "kafka"},
	{"github.com/redis/", "redis"},
	{"github.com/eclipse/paho", "mqtt"},
	{"github.com/nsqio/", "nsq"},
	{"github.com/aws/", "sqs"},
	{"github.com/bradfitz/gomemcache", "memcached"},
	{"github.com/jackc/", "postgres"},
	{"github.com/lib/pq", "postgres"},
	{"github.com/go-sql-driver/", "mysql"},
	{"github.com/quic-go/", "quic"},
	{"google.golang.org/grpc", "grpc"},
	{"github.com/sirupsen/logrus", "logrus"},
	{"go.uber.org/zap", "zap"},
	{"github.com/rs/zerolog", "zerolog"},
	{"github.com/golang-jwt/", "jwt"},
	{"github.com/sony/gobreaker", "gobreaker"},
	{"github.com/prometheus/", "prometheus"},
	{"go.opentelemetry.io/", "opentelemetry"},
}

func driversAtHome(h *House) []Finding {
	var found []Finding
	for _, f := range h.Files {
		if room(f.Dir) != "framework" {
			continue
		}
		for _, imp := range f.Imports {
			for _, d := range drivers {
				if strings.HasPrefix(imp.Path, d.prefix) && !slices.Contains(strings.Split(f.Dir, "/"), d.product) {
					found = append(found, Finding{File: f.Path, Line: imp.Line, What: imp.Path + " outside a folder named " + d.product})
				}
			}
		}
	}
	return found
}

// guests are the only modules of others that the root of the framework and its default implementations may link.
var guests = []string{
	"google.golang.org/protobuf", "github.com/miekg/dns", "github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/google/uuid",
	"golang.org/x/net", "golang.org/x/sync", "golang.org/x/sys", "golang.org/x/text",
	"github.com/inconshreveable/mousetrap", // cobra's, on Windows only
}

// Uninvited picks, of the import paths a package links (go list -deps, standard library left out), those that are neither of
// the module nor on the short list the framework's root allows itself.
func Uninvited(deps []string, module string) []string {
	return slices.DeleteFunc(slices.Clone(deps), func(dep string) bool {
		return within(dep, module) || slices.ContainsFunc(guests, func(guest string) bool { return within(dep, guest) })
	})
}
