package json

import (
	"encoding/json"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/microtop/microtop/framework/config/reader"
)

// values holds a tree. Writers replace it, so that readers need no lock and what they got stays as it was.
type values struct {
	mu   sync.Mutex // one writer at a time
	tree atomic.Pointer[any]
}

var _ reader.Values = (*values)(nil)

func newValues(tree any) *values {
	v := new(values)
	v.tree.Store(&tree)
	return v
}

// Bytes implements reader.Values.
func (v *values) Bytes() []byte {
	text, _ := encode(*v.tree.Load()) // trees hold nothing else than JSON does
	return text
}

// Get implements reader.Values.
func (v *values) Get(path ...string) reader.Value {
	at := *v.tree.Load()
	for _, name := range path {
		object, ok := at.(map[string]any)
		if !ok {
			return value{}
		}
		at = object[name]
	}
	return value{at}
}

// Set implements reader.Values.
func (v *values) Set(val any, path ...string) {
	text, err := json.Marshal(val)
	if err != nil {
		return // documented: there is nobody to tell
	}
	tree, err := parse(text)
	if err != nil {
		return
	}
	v.replace(func(old any) any { return with(old, tree, path) })
}

// Del implements reader.Values.
func (v *values) Del(path ...string) {
	v.replace(func(old any) any {
		if len(path) == 0 {
			return map[string]any{}
		}
		return without(old, path)
	})
}

func (v *values) replace(change func(any) any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	tree := change(*v.tree.Load())
	v.tree.Store(&tree)
}

// with returns a copy of a tree that has value at the path; what is beside the path is shared.
func with(tree, value any, path []string) any {
	if len(path) == 0 {
		return value
	}
	old, _ := tree.(map[string]any) // anything else makes way for an object
	object := maps.Clone(old)
	if object == nil {
		object = map[string]any{}
	}
	object[path[0]] = with(old[path[0]], value, path[1:])
	return object
}

// without returns a tree that has nothing at the path.
func without(tree any, path []string) any {
	old, ok := tree.(map[string]any)
	if !ok {
		return tree
	}
	child, there := old[path[0]]
	if !there {
		return tree
	}
	object := maps.Clone(old)
	if len(path) == 1 {
		delete(object, path[0])
	} else {
		object[path[0]] = without(child, path[1:])
	}
	return object
}

// Map implements reader.Values.
func (v *values) Map() map[string]any {
	out, ok := float(*v.tree.Load()).(map[string]any)
	if !ok {
		return map[string]any{}
	}
	return out
}

// Scan implements reader.Values.
func (v *values) Scan(to any) error { return json.Unmarshal(v.Bytes(), to) }
