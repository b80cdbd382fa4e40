package auth

import (
	"cmp"
	"slices"
	"strings"
)

const (
	// ScopePublic is the scope of a rule that decides for everybody, also for callers without an account.
	ScopePublic = ""
	// ScopeAccount is the scope of a rule that decides for every account.
	ScopeAccount = "*"
)

// Access is what a rule decides.
type Access int

const (
	// AccessGranted lets the account use the resource. It is the zero value.
	AccessGranted Access = iota
	// AccessDenied keeps the account from it.
	AccessDenied
)

// Resource is something that can be used, such as an endpoint of a service. The JSON form is docs/wire.md §12's.
type Resource struct {
	// Name is the service's.
	Name string `json:"name"`
	// Type is "service" for a service's endpoints.
	Type string `json:"type"`
	// Endpoint is "Handler.Method", or a path.
	Endpoint string `json:"endpoint"`
}

// Rule decides whether accounts with a scope may use the resources it names.
type Rule struct {
	// ID names the rule, to revoke it by.
	ID string
	// Scope says whom the rule is about: those who hold it, or one of ScopePublic and ScopeAccount.
	Scope string
	// Resource is what the rule is about. "*" stands for any type, any name and any endpoint; an endpoint that ends
	// with "/*" stands for that path and all below it.
	Resource *Resource
	// Access is what the rule decides. Anything but AccessGranted denies.
	Access Access
	// Priority puts the rule before those with a lower one.
	Priority int32
}

// Verify decides by rules whether account, nil for nobody, may use resource, and returns nil or ErrForbidden.
//
// The rule that decides is the first that is about the resource and the account, by falling priority; rules of equal
// priority stay in the order given. Where no rule decides the resource is forbidden. Names and scopes are compared
// without regard to case (docs/wire.md §12). A rule without a resource is about nothing.
func Verify(rules []*Rule, account *Account, resource *Resource) error {
	if resource == nil {
		return ErrForbidden
	}
	about := make([]*Rule, 0, len(rules))
	for _, rule := range rules {
		if rule != nil && rule.covers(resource) && rule.concerns(account) {
			about = append(about, rule)
		}
	}
	if len(about) == 0 {
		return ErrForbidden
	}
	slices.SortStableFunc(about, func(a, b *Rule) int { return cmp.Compare(b.Priority, a.Priority) })
	if about[0].Access != AccessGranted {
		return ErrForbidden
	}
	return nil
}

// concerns reports whether the rule is about the account.
func (r *Rule) concerns(account *Account) bool {
	switch {
	case r.Scope == ScopePublic:
		return true
	case account == nil:
		return false
	case r.Scope == ScopeAccount:
		return true
	}
	return slices.ContainsFunc(account.Scopes, func(scope string) bool { return same(scope, r.Scope) })
}

// covers reports whether the rule is about the resource.
func (r *Rule) covers(resource *Resource) bool {
	about := r.Resource
	return about != nil && matches(about.Type, resource.Type) && matches(about.Name, resource.Name) && matchesEndpoint(about.Endpoint, resource.Endpoint)
}

func matches(pattern, text string) bool { return pattern == "*" || same(pattern, text) }

func matchesEndpoint(pattern, endpoint string) bool {
	if matches(pattern, endpoint) {
		return true
	}
	path, ok := strings.CutSuffix(strings.ToLower(pattern), "/*")
	if !ok || !strings.Contains(endpoint, "/") {
		return false
	}
	rest, ok := strings.CutPrefix(strings.ToLower(endpoint), path)
	return ok && (rest == "" || rest[0] == '/')
}

func same(a, b string) bool { return strings.EqualFold(a, b) }
