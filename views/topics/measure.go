package topics

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect"
	"github.com/microtop/microtop/introspect/topics"
	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/views/show"
)

// meter counts the messages of topics; *topics.Meter is one.
type meter interface {
	SetTopics(names []string)
	Rates() map[string]topics.Rate
	Run(ctx context.Context) error
}

var _ meter = (*topics.Meter)(nil)

// measured says that a meter ended, and why.
type measured struct {
	meter meter
	err   error
}

func (s *screen) mayMeasure() string {
	if s.session.ReadOnly() {
		return introspect.ErrReadOnly.Error()
	}
	return ""
}

// measure begins to count, or ends it. It goes on for as long as the screen is open.
func (s *screen) measure() tea.Cmd {
	if s.meter != nil {
		s.stop()
		s.meter, s.stale = nil, true
		return nil
	}
	m := s.newMeter()
	s.meter, s.stale = m, true
	s.rates(topics.FromSnapshot(s.snapshot))
	if col, _ := s.Sort(); col < 0 {
		s.SetSort(rateColumn, true) // the busiest first
	}
	ctx, cancel := context.WithCancel(s.scope.Context())
	s.stop = cancel
	return s.scope.Cmd(func(context.Context) tea.Msg {
		defer cancel()
		return measured{m, m.Run(ctx)}
	})
}

func (s *screen) onMeasured(msg measured) tea.Cmd {
	if msg.meter != s.meter || msg.err == nil {
		return nil
	}
	s.meter, s.stale = nil, true
	return tui.Fail(msg.err)
}

// rates are what is measured of topics; it tells the meter which there are.
func (s *screen) rates(found []*topics.Topic) map[string]topics.Rate {
	if s.meter == nil {
		return nil
	}
	names := make([]string, 0, len(found))
	for _, t := range found {
		names = append(names, t.Name)
	}
	s.meter.SetTopics(names)
	return s.meter.Rates()
}

// measureNotes say how the rates come about.
func (s *screen) measureNotes(t *topic) []show.Note {
	switch {
	case s.meter == nil:
		return []show.Note{show.Quiet(safetext.Literal("m measures the rates: it listens and counts while this screen is open"))}
	case t.rate != nil && t.rate.Err != nil:
		return []show.Note{show.Alarm(s.theme.Glyphs, safetext.Format("not measured: %s", t.rate.Err))}
	case t.rate == nil:
		return []show.Note{show.Quiet(safetext.Format("not measured yet; at most %d topics are listened to", topics.MeterTopics))}
	case t.rate.Sampled:
		return []show.Note{show.Quiet(safetext.Format("~ over %d messages a second: it is listened to for one second in ten", topics.MeterBusy))}
	}
	return []show.Note{show.Quiet(safetext.Literal("measuring by listening to every message; m stops"))}
}
