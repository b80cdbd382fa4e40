package profile

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/profiling"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// Actions implements [tui.Screen].
func (v *viewer) Actions() []tui.Action {
	if v.Typing() {
		return show.Picking()
	}
	return v.actions()
}

func (v *viewer) actions() []tui.Action {
	list := []tui.Action{
		{ID: "top.tab", Keys: []string{"tab"}, Name: v.nextTab(), Help: "top, flame graph, groups of goroutines", Disabled: v.notRead, Run: v.turn(1)},
		{ID: "top.tabback", Keys: []string{"shift+tab"}, Name: "tab before", Disabled: v.notRead, Run: v.turn(-1), Hidden: true},
	}
	if v.tab == onTop && v.title.Empty() {
		list = append(list, tui.Action{ID: "top.find", Keys: []string{"enter"}, Name: "in flame", Help: "show the function in the flame graph", Disabled: v.noSymbol, Run: v.highlight})
	}
	list = append(list,
		tui.Action{ID: "top.peek", Keys: []string{"d"}, Name: "peek", Help: "who calls the function, and whom it calls", Disabled: v.noPeek, Run: v.peek},
		tui.Action{ID: "top.project", Keys: []string{"p"}, Name: "project", Help: "hide or show the runtime and the standard library", Disabled: v.notRead, Run: v.project},
		tui.Action{ID: "top.type", Keys: []string{"T"}, Name: "type", Help: "the next sample type", Disabled: v.oneType, Run: v.nextType},
		tui.Action{ID: "top.copy", Keys: []string{"y"}, Name: "copy", Help: "copy the file's path, or the command that opens it in pprof", Disabled: v.notRead, Run: v.copy, Hidden: true},
	)
	switch v.tab {
	case onFlame:
		list = append(list,
			tui.Action{ID: "flame.zoom", Keys: []string{"enter"}, Name: "zoom", Help: "make the box as wide as the graph; backspace goes back"},
			tui.Action{ID: "flame.same", Keys: []string{"#"}, Name: "same", Help: "highlight the function wherever it is", Hidden: true},
			tui.Action{ID: "flame.next", Keys: []string{"n"}, Name: "next match", Hidden: true},
			tui.Action{ID: "flame.previous", Keys: []string{"N"}, Name: "match before", Hidden: true},
			tui.Action{ID: "flame.invert", Keys: []string{"i"}, Name: "upside down", Hidden: true},
		)
	case onTop, onGroups:
		if v.tab == onTop && v.title.Empty() {
			list = append(list, tui.Action{ID: "top.cum", Keys: []string{"c"}, Name: "cum", Help: "sort by what a function and all it calls cost, or by its own cost", Disabled: v.notRead, Run: v.byCum})
		}
		list = append(list,
			tui.Action{ID: "top.sort", Keys: []string{"s"}, Name: "sort", Help: "pick the column to sort by"},
			tui.Action{ID: "top.reverse", Keys: []string{"S"}, Name: "reverse", Help: "sort the other way round", Hidden: true},
		)
	}
	return append(list, tui.Moving()...)
}

// nextTab names what tab shows.
func (v *viewer) nextTab() string {
	tabs := v.tabs()
	next := tabs[(max(slices.Index(tabs, v.tab), 0)+1)%len(tabs)]
	return map[tab]string{onTop: "top", onFlame: "flame", onGroups: "groups"}[next]
}

func (v *viewer) notRead() string {
	if v.look == nil {
		return "the capture is not read yet"
	}
	return ""
}

func (v *viewer) noSymbol() string {
	if reason := v.notRead(); reason != "" {
		return reason
	}
	if _, ok := v.symbol(); !ok {
		return "no function is selected"
	}
	return ""
}

func (v *viewer) noPeek() string {
	if v.opens.base != "" {
		return "there is no peek into a difference: open one of the two"
	}
	return v.noSymbol()
}

func (v *viewer) oneType() string {
	if v.data == nil || len(v.data.profile.SampleTypes()) < 2 {
		return "the profile has one sample type"
	}
	return ""
}

// byCum sorts by cum, or by flat again, which is the rows' own order.
func (v *viewer) byCum() tea.Cmd {
	at := 3
	if v.opens.base != "" {
		at = 2
	}
	if col, reverse := v.top.Sort(); col == at && reverse {
		v.top.SetSort(-1, false)
		return nil
	}
	v.top.SetSort(at, true)
	return nil
}

func (v *viewer) project() tea.Cmd {
	v.asked.project = !v.asked.project
	text := safetext.Literal("all functions are shown")
	if v.asked.project {
		text = safetext.Literal("the runtime and the standard library are hidden")
	}
	return tea.Batch(v.ask(), tui.Say(tui.Info, text))
}

func (v *viewer) nextType() tea.Cmd {
	types := v.data.profile.SampleTypes()
	name := v.asked.kind
	if name == "" {
		name = v.data.profile.DefaultType().Name
	}
	i := slices.IndexFunc(types, func(t profiling.SampleType) bool { return t.Name == name })
	v.asked.kind = types[(i+1)%len(types)].Name
	return v.ask()
}

func (v *viewer) copy() tea.Cmd {
	if v.data == nil {
		return nil
	}
	return copyEntry(v.data.entries[0])
}
