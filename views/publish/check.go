package publish

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/microtop/microtop/introspect/schema"
	"github.com/microtop/microtop/introspect/topics"
)

// learn asks the subscribers what they take, to check the message while it is typed.
func (s *screen) learn() tea.Cmd {
	learn, topic := s.back.learn, s.topic
	if learn == nil || topic == "" {
		return nil
	}
	return s.scope.Cmd(func(ctx context.Context) tea.Msg {
		check, skeleton, err := learn(ctx, topic)
		if err != nil {
			return nil // publishing says why
		}
		return learned{topic, check, skeleton}
	})
}

func (s *screen) onLearned(msg learned) tea.Cmd {
	if msg.topic == s.topic {
		s.check, s.skeleton = msg.check, string(msg.skeleton)
		s.recheck()
	}
	return nil
}

// recheck says how the message is checked while it is typed, after the topic or a field changed.
func (s *screen) recheck() {
	f, topic, check := *s.fields, s.topic, s.check
	if check == nil {
		check = isJSON
	}
	s.body.SetCheck(func(body []byte) error {
		b, err := f.batch(topic)
		if err != nil {
			return nil //nolint:nilerr // the field says it
		}
		p := b.Publication
		p.Body = body
		if b.Template {
			if p, err = p.Filled(1, time.Now()); err != nil {
				return err
			}
		}
		return check(p)
	})
}

// isJSON is the check where nobody tells what they take.
func isJSON(p topics.Publication) error {
	if p.Unchecked || p.Header["Content-Type"] != "" {
		return nil
	}
	return (&schema.Service{}).Validate("", p.Body)
}
