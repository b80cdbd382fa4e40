package tui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Keymap replaces the keys of actions by their ID. It comes from the user's settings.
type Keymap map[string][]string

func (k Keymap) of(a Action) []string {
	if keys, ok := k[a.ID]; ok {
		return keys
	}
	return a.Keys
}

// check reports every mistake: IDs no action has, keys that do not exist, and keys
// that would do two things on one screen.
func (k Keymap) check(globals []Action, all routes) error {
	var errs []error
	known := map[string]bool{}
	tables := map[string][]Action{"every screen": nil}
	order := []string{"every screen"}
	for _, r := range all {
		if r.Actions != nil {
			tables[r.Name] = r.Actions()
			order = append(order, r.Name)
		}
	}
	for _, a := range globals {
		known[a.ID] = true
	}
	for _, name := range order {
		for _, a := range tables[name] {
			known[a.ID] = true
		}
		errs = append(errs, k.conflicts(name, slices.Concat(tables[name], globals))...)
	}
	for _, id := range sorted(k) {
		if !known[id] {
			errs = append(errs, fmt.Errorf("keys: no action %q%s", id, meant(id, sorted(known))))
		}
		for _, key := range k[id] {
			if _, err := ParseKey(key); err != nil {
				errs = append(errs, fmt.Errorf("keys: %s: %w", id, err))
			}
		}
	}
	return errors.Join(dedupe(errs)...)
}

// conflicts reports keys two actions of one screen share, when a remapping is at
// fault. A screen may have a global action's key by design.
func (k Keymap) conflicts(where string, actions []Action) []error {
	var errs []error
	owner := map[string]Action{}
	for _, a := range actions {
		for _, key := range k.of(a) {
			first, taken := owner[key]
			if !taken {
				owner[key] = a
				continue
			}
			_, one := k[first.ID]
			_, two := k[a.ID]
			if first.ID != a.ID && (one || two) {
				errs = append(errs, fmt.Errorf("keys: %s: %q is both %s and %s", where, key, first.ID, a.ID))
			}
		}
	}
	return errs
}

func meant(name string, names []string) string {
	if near := nearest(name, names); len(near) > 0 {
		return ": did you mean " + strings.Join(near, ", ") + "?"
	}
	return ""
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func dedupe(errs []error) []error {
	seen := map[string]bool{}
	return slices.DeleteFunc(errs, func(err error) bool {
		was := seen[err.Error()]
		seen[err.Error()] = true
		return was
	})
}
