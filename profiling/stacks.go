package profiling

import (
	"path"
	"regexp"

	"github.com/google/pprof/profile"
)

// stackFrame is one frame of a stack: an index into stacks.symbols, and whether
// the compiler had inlined it there.
type stackFrame struct {
	symbol  int32
	inlined bool
}

// location is what one program location expands to under some options.
type location struct {
	frames  []stackFrame // leaf first
	focus   bool
	ignored bool
}

// symbolKey tells symbols apart in the way pprof does: by name only when rows
// are functions, and by binary for code without a name.
type symbolKey struct {
	name, file, object string
	line               int64
}

// stacks is a profile seen through options.
type stacks struct {
	profile   *Profile
	options   Options
	index     int // of the sample type
	symbols   []Symbol
	keys      map[symbolKey]int32
	locations []location // by location id less 1
}

func newStacks(p *Profile, o Options) (*stacks, error) {
	index, err := p.typeIndex(o.Type)
	if err != nil {
		return nil, err
	}
	s := &stacks{
		profile:   p,
		options:   o,
		index:     index,
		keys:      make(map[symbolKey]int32),
		locations: make([]location, len(p.raw.Location)),
	}
	for _, l := range p.raw.Location {
		s.locations[l.ID-1] = s.expand(l)
	}
	return s, nil
}

func (s *stacks) total() int64 { return s.profile.totals[s.index] }

func (s *stacks) expand(l *profile.Location) location {
	o := s.options
	out := location{
		focus:   o.Focus == nil || matches(o.Focus, l),
		ignored: o.Ignore != nil && matches(o.Ignore, l),
	}
	object := ""
	if l.Mapping != nil {
		object = l.Mapping.File
	}
	if o.Hide != nil && object != "" && o.Hide.MatchString(object) {
		return out
	}
	lines := l.Line
	if len(lines) == 0 {
		lines = []profile.Line{{}}
	}
	for i, line := range lines {
		if !s.hidden(line.Function) {
			out.frames = append(out.frames, stackFrame{s.symbol(line, object), i < len(lines)-1})
		}
	}
	return out
}

func (s *stacks) hidden(f *profile.Function) bool {
	if f == nil {
		return s.options.Project
	}
	if s.options.Project && IsStandard(PackageOf(f.Name)) {
		return true
	}
	hide := s.options.Hide
	return hide != nil && (hide.MatchString(f.Name) || hide.MatchString(f.Filename))
}

func matches(re *regexp.Regexp, l *profile.Location) bool {
	for _, line := range l.Line {
		if f := line.Function; re.MatchString(f.Name) || re.MatchString(f.Filename) {
			return true
		}
	}
	return l.Mapping != nil && re.MatchString(l.Mapping.File)
}

// symbol finds or adds the symbol of one line of code.
func (s *stacks) symbol(line profile.Line, object string) int32 {
	var sym Symbol
	var key symbolKey
	if f := line.Function; f != nil {
		sym = Symbol{Name: f.Name, Package: PackageOf(f.Name), File: cleanPath(f.Filename), Line: f.StartLine}
		key.name = f.Name
	}
	switch s.options.Granularity {
	case ByLine:
		sym.Line = line.Line
		key.file, key.line = sym.File, sym.Line
	case ByFile:
		sym = Symbol{Name: sym.File, Package: sym.Package, File: sym.File}
		key = symbolKey{file: sym.File}
	case ByFunction:
	}
	if sym.Name == "" {
		sym.Name = objectName(object)
		key.object = object
	}
	id, ok := s.keys[key]
	if !ok {
		id = int32(len(s.symbols)) //nolint:gosec // Limits.Frames bounds the lines of a profile
		s.keys[key] = id
		s.symbols = append(s.symbols, sym)
	}
	return id
}

func cleanPath(file string) string {
	if file == "" {
		return ""
	}
	return path.Clean(file)
}

// each calls f for every sample that the options keep, with its frames leaf
// first and its value, which is never 0. f must not keep frames.
func (s *stacks) each(f func(frames []stackFrame, value int64, sample *profile.Sample)) {
	var frames []stackFrame
	for _, sample := range s.profile.raw.Sample {
		value := sample.Value[s.index]
		if value == 0 {
			continue
		}
		frames = frames[:0]
		focus, ignored := s.options.Focus == nil, false
		for _, l := range sample.Location {
			at := &s.locations[l.ID-1]
			focus = focus || at.focus
			ignored = ignored || at.ignored
			frames = append(frames, at.frames...)
		}
		if focus && !ignored && len(frames) > 0 {
			f(frames, value, sample)
		}
	}
}
