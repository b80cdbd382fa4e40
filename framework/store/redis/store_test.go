package redis_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/microtop/microtop/framework/internal/redistest"
	"github.com/microtop/microtop/framework/store"
	"github.com/microtop/microtop/framework/store/redis"
	"github.com/microtop/microtop/framework/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, opts ...store.Option) store.Store {
	s := redis.NewStore(opts...)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestA232_Conformance(t *testing.T) {
	addr := redistest.Start(t)
	storetest.Run(t, func(t *testing.T, opts ...store.Option) store.Store {
		return open(t, append(opts, store.Nodes("redis://"+addr+"/0"))...)
	}, storetest.Caps{})
}

func TestA232_ClusterConformance(t *testing.T) {
	addr := redistest.Start(t, "--cluster-enabled", "yes")
	redistest.Do(addr, "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	for deadline := time.Now().Add(10 * time.Second); redistest.Do(addr, "SET", "probe", "x") != "+OK"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the cluster does not come up")
		}
	}
	storetest.Run(t, func(t *testing.T, opts ...store.Option) store.Store {
		return open(t, append(opts, store.Nodes(addr, addr))...)
	}, storetest.Caps{})
}

// The bytes are those of docs/wire.md §12.
func TestTheKeysAreV4s(t *testing.T) {
	addr := redistest.Start(t)
	s := open(t, redis.WithRedisOptions(goredis.UniversalOptions{Addrs: []string{addr}, DB: 3}), store.Table("orders"))
	must(t, s.Write(&store.Record{Key: "1", Value: []byte("tea"), Metadata: map[string]any{"a": "b"}}, store.WriteTTL(time.Hour)))
	client := goredis.NewClient(&goredis.Options{Addr: addr, DB: 3})
	defer client.Close()
	if got, err := client.Get(t.Context(), "orders1").Result(); err != nil || got != "tea" {
		t.Errorf("GET orders1 = %q, %v", got, err)
	}
	if left := client.PTTL(t.Context(), "orders1").Val(); left <= 59*time.Minute || left > time.Hour {
		t.Errorf("%v left", left)
	}
	if n := client.DBSize(t.Context()).Val(); n != 1 {
		t.Errorf("%d keys", n)
	}
}

func TestManyRecordsAreReadWhole(t *testing.T) {
	s := open(t, store.Nodes(redistest.Start(t)))
	const n = 3000
	for i := range n {
		must(t, s.Write(&store.Record{Key: fmt.Sprintf("%04d", i), Value: []byte{1}}))
	}
	got, err := s.Read("", store.ReadPrefix())
	if err != nil || len(got) != n || got[n-1].Key != "2999" {
		t.Errorf("%d records, %v", len(got), err)
	}
}

// What somebody else keeps beside the records, in keys of another type, hides none of them.
func TestKeysOfOtherTypesAreNotRecords(t *testing.T) {
	addr := redistest.Start(t)
	s := open(t, store.Nodes(addr), store.Table("shop/"))
	must(t, s.Write(&store.Record{Key: "orders/1", Value: []byte("tea")}))
	if answer := redistest.Do(addr, "LPUSH", "shop/orders/2", "x"); answer != ":1" {
		t.Fatal(answer)
	}
	if got, err := s.Read("orders/", store.ReadPrefix()); err != nil || len(got) != 1 || got[0].Key != "orders/1" {
		t.Errorf("Read = %v, %v", got, err)
	}
	if keys, err := s.List(); err != nil || len(keys) != 1 {
		t.Errorf("List = %v, %v", keys, err)
	}
	if _, err := s.Read("orders/2"); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("Read of the list = %v", err)
	}
}

func TestWithoutAServerTheErrorNamesTheAddress(t *testing.T) {
	s := open(t, redis.WithRedisOptions(goredis.UniversalOptions{Addrs: []string{"127.0.0.1:1"}, MaxRetries: -1}))
	if _, err := s.Read("key"); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("Read = %v", err)
	}
}

func TestAWrongAddressIsRefusedWithoutItsPassword(t *testing.T) {
	for _, nodes := range [][]string{{"redis://user:secret@ho st:1"}, {"http://user:secret@host"}, {"redis://user:secret@a", "redis://user:secret@b"}} {
		_, err := open(t, store.Nodes(nodes...)).List()
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v", nodes, err)
		}
	}
}

func TestALostConnectionCostsNoCall(t *testing.T) {
	addr := redistest.Start(t)
	s := open(t, store.Nodes(addr))
	for i := range 20 {
		must(t, s.Write(&store.Record{Key: "key", Value: []byte{byte(i)}}))
		if answer := redistest.Do(addr, "CLIENT", "KILL", "TYPE", "normal"); !strings.HasPrefix(answer, ":") {
			t.Fatalf("connections killed: %s", answer)
		}
		if got, err := s.Read("key"); err != nil || got[0].Value[0] != byte(i) {
			t.Fatalf("Read = %v, %v", got, err)
		}
	}
}

func TestCloseDuringACallIsSaid(t *testing.T) {
	s := open(t, store.Nodes(redistest.Start(t)))
	must(t, s.Write(&store.Record{Key: "key"}))
	done := make(chan error)
	go func() {
		for {
			if _, err := s.Read("key"); err != nil {
				done <- err
				return
			}
		}
	}()
	must(t, s.Close())
	if err := <-done; !errors.Is(err, store.ErrClosed) {
		t.Errorf("Read = %v, want %v", err, store.ErrClosed)
	}
}

func TestR21_HistoriesAreLinearizable(t *testing.T) {
	if !storetest.Linearizable(t, open(t, store.Nodes(redistest.Start(t)))) {
		t.Error("no order of the operations explains what the clients were told")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
