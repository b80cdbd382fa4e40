package auth

import (
	"errors"
	"slices"
	"sync"
)

// Rules keeps rules and decides by them. Implementations are safe for concurrent use.
type Rules interface {
	// Verify returns nil if the account, nil for nobody, may use the resource, else ErrForbidden.
	Verify(account *Account, resource *Resource, opts ...VerifyOption) error
	// Grant adds a copy of the rule, in place of the one with the same id.
	Grant(rule *Rule) error
	// Revoke removes the rule with this rule's id. Removing what is not there is no error.
	Revoke(rule *Rule) error
	// List returns copies of the rules, in the order they were granted.
	List(opts ...ListOption) ([]*Rule, error)
}

// NewRules returns rules kept in memory. Until the first is granted everything is allowed, as with v4's, which keep
// none; from then on, also when it is revoked, what no rule grants is forbidden.
func NewRules() Rules { return &memoryRules{} }

type memoryRules struct {
	mu     sync.RWMutex
	strict bool    // a rule was granted
	rules  []*Rule // never changed in place: readers hold it without the lock
}

var _ Rules = (*memoryRules)(nil)

// Verify implements Rules.
func (m *memoryRules) Verify(account *Account, resource *Resource, _ ...VerifyOption) error {
	m.mu.RLock()
	strict, rules := m.strict, m.rules
	m.mu.RUnlock()
	if !strict {
		return nil
	}
	return Verify(rules, account, resource)
}

// Grant implements Rules.
func (m *memoryRules) Grant(rule *Rule) error {
	switch {
	case rule == nil || rule.ID == "":
		return errors.New("grant: the rule has no id to revoke it by")
	case rule.Resource == nil:
		return errors.New("grant " + rule.ID + ": the rule names no resource")
	case rule.Access != AccessGranted && rule.Access != AccessDenied:
		return errors.New("grant " + rule.ID + ": the rule neither grants nor denies")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.strict = true
	rules := slices.Clone(m.rules)
	if i := slices.IndexFunc(rules, rule.sameID); i >= 0 {
		rules[i] = rule.copy()
	} else {
		rules = append(rules, rule.copy())
	}
	m.rules = rules
	return nil
}

// Revoke implements Rules.
func (m *memoryRules) Revoke(rule *Rule) error {
	if rule == nil || rule.ID == "" {
		return errors.New("revoke: the rule has no id")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rules = slices.DeleteFunc(slices.Clone(m.rules), rule.sameID)
	return nil
}

// List implements Rules.
func (m *memoryRules) List(...ListOption) ([]*Rule, error) {
	m.mu.RLock()
	rules := m.rules
	m.mu.RUnlock()
	out := make([]*Rule, 0, len(rules))
	for _, rule := range rules {
		out = append(out, rule.copy())
	}
	return out, nil
}

func (r *Rule) sameID(other *Rule) bool { return r.ID == other.ID }

func (r *Rule) copy() *Rule {
	out, resource := *r, *r.Resource
	out.Resource = &resource
	return &out
}
