package cli

import (
	"slices"
	"strings"

	"github.com/microtop/microtop/introspect/fleet"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
)

// completed gives the screens what tab adds to their argument on the ":" line: names that the fleet has.
func completed(list []tui.Route, live *fleet.Fleet) []tui.Route {
	service := func(arg string) string { return completeService(live.Snapshot(), arg) }
	topic := func(arg string) string {
		words := strings.Fields(arg + "x")
		return completeTopic(live.Snapshot(), strings.TrimSuffix(words[len(words)-1], "x"))
	}
	call := func(arg string) string { return completeCall(live.Snapshot(), arg) }
	by := map[string]func(string) string{
		"nodes": service, "endpoints": service, "describe": service, "events": service, "logs": service, "profile": service,
		"call": call, "stream": call, "load": call, "compare": call, "tail": topic, "publish": topic,
	}
	for i := range list {
		if list[i].Complete == nil {
			list[i].Complete = by[list[i].Name]
		}
	}
	return list
}

// completeService returns what is missing of the first service that begins with text.
func completeService(s *fleet.Snapshot, text string) string {
	i, _ := slices.BinarySearchFunc(s.Services, text, func(have *fleet.Service, want string) int { return strings.Compare(have.Name, want) })
	for _, service := range s.Services[i:] {
		rest, ok := strings.CutPrefix(service.Name, text)
		if !ok {
			break
		}
		if !service.Internal && rest != "" {
			return rest
		}
	}
	return ""
}

// completeCall completes a service, then an endpoint of it.
func completeCall(s *fleet.Snapshot, text string) string {
	name, method, second := strings.Cut(text, " ")
	if !second {
		return completeService(s, text)
	}
	service := s.Service(name)
	if service == nil || strings.Contains(method, " ") {
		return ""
	}
	for _, e := range service.Endpoints {
		if rest, ok := strings.CutPrefix(e.Name, method); ok && e.Metadata["subscriber"] != "true" {
			return rest
		}
	}
	return ""
}

func completeTopic(s *fleet.Snapshot, text string) string {
	for _, t := range topics.FromSnapshot(s) {
		if rest, ok := strings.CutPrefix(t.Name, text); ok {
			return rest
		}
	}
	return ""
}
