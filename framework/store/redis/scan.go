package redis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/microtop/microtop/framework/store"
)

const (
	scanCount = 1000 // keys that the server looks at in one step of a walk
	fetchMany = 256  // records asked for in one trip
)

// scan returns the keys that q asks for, without the table's name.
func scan(ctx context.Context, client redis.UniversalClient, q store.Query) ([]string, error) {
	var mu sync.Mutex
	var keys []string
	walk := func(ctx context.Context, node redis.Cmdable) error {
		found, err := scanNode(ctx, node, q)
		mu.Lock()
		defer mu.Unlock()
		keys = append(keys, found...)
		return err
	}
	var err error
	if cluster, ok := client.(*redis.ClusterClient); ok {
		err = cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error { return walk(ctx, node) })
	} else {
		err = walk(ctx, client)
	}
	if err != nil {
		return nil, err
	}
	slices.Sort(keys)
	return q.Page(slices.Compact(keys)), nil // a walk may give a key twice
}

// scanNode walks a server's strings: keys of other types are not the store's, and would fail the read of those that are.
func scanNode(ctx context.Context, node redis.Cmdable, q store.Query) ([]string, error) {
	var keys []string
	for cursor, last := uint64(0), false; !last; {
		page, next, err := node.ScanType(ctx, cursor, pattern(q), scanCount, "string").Result()
		if err != nil {
			return nil, err
		}
		for _, key := range page {
			if key, ok := strings.CutPrefix(key, q.Table); ok && key != "" && q.Match(key) {
				keys = append(keys, key)
			}
		}
		cursor, last = next, next == 0
	}
	return keys, nil
}

// special are the characters that mean something in a pattern of redis.
var special = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`, `^`, `\^`)

// pattern lets the server leave out most keys. It may let too many through: prefix and suffix may overlap.
func pattern(q store.Query) string {
	if q.Prefix != "" {
		return special.Replace(q.Table+q.Prefix) + "*"
	}
	return special.Replace(q.Table) + "*" + special.Replace(q.Suffix)
}

// fetch reads the records of keys, and leaves out those that are gone meanwhile.
func fetch(ctx context.Context, client redis.UniversalClient, table string, keys []string) ([]*store.Record, error) {
	records := make([]*store.Record, 0, len(keys))
	for some := range slices.Chunk(keys, fetchMany) {
		pipe := client.Pipeline()
		for _, key := range some {
			pipe.Get(ctx, table+key)
			pipe.PTTL(ctx, table+key)
		}
		answers, err := pipe.Exec(ctx)
		if err != nil && !errors.Is(err, redis.Nil) {
			return nil, err
		}
		for i, key := range some {
			record, err := decode(key, answers[2*i], answers[2*i+1])
			if err != nil {
				return nil, err
			}
			if record != nil {
				records = append(records, record)
			}
		}
	}
	return records, nil
}

// decode makes a record of the answers to GET and PTTL; nil says that there is none.
func decode(key string, get, ttl redis.Cmder) (*store.Record, error) {
	g, _ := get.(*redis.StringCmd)
	t, _ := ttl.(*redis.DurationCmd)
	value, err := g.Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	left, ttlErr := t.Result()
	if err := errors.Join(err, ttlErr); err != nil {
		return nil, err
	}
	if left == gone {
		return nil, nil
	}
	return &store.Record{Key: key, Value: value, Expiry: max(left, 0)}, nil
}

// gone is PTTL's answer for a key that is no longer there; for one without an end it is -1.
const gone = -2
