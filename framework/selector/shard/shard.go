// Package shard sends all calls with the same keys to the same node, so that what it keeps in memory is of use. It has the
// names of v4's plug-in of that name; the work is done by selector.HashKey. Start with [Strategy].
package shard

import (
	"strconv"
	"strings"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
)

// Strategy sends a call to the node of its keys, and further attempts to the keys' second node, third, and so on:
//
//	greeter.Hello(ctx, req, shard.Strategy(req.UserID))
func Strategy(keys ...string) client.CallOption { return client.WithSelectOption(NewSelector(keys)) }

// NewSelector returns the option of a selection that goes to the node of the keys.
func NewSelector(keys []string) selector.SelectOption { return selector.HashKey(joined(keys)) }

// Next yields the nodes of the services in the order that the keys give them.
func Next(keys []string, services []*registry.Service) selector.Next {
	return selector.Hash(joined(keys))(services)
}

// joined is one key of all: ("a", "bc") and ("ab", "c") are different keys.
func joined(keys []string) string {
	var b strings.Builder
	for _, key := range keys {
		b.WriteString(strconv.Itoa(len(key)) + ":" + key)
	}
	return b.String()
}
