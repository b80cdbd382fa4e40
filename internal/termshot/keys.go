package termshot

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// afterEscape parts an escape key from the next one, on a busy machine too; without it programs take the two for alt and a key.
const afterEscape = 300 * time.Millisecond

// named are the keys that a script writes as <name>, besides ctrl+letter and alt+key.
var named = map[string]string{
	"enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "esc": "\x1b", "space": " ", "backspace": "\x7f", "lt": "<",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
	"insert": "\x1b[2~", "delete": "\x1b[3~", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
	"f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS", "f5": "\x1b[15~", "f6": "\x1b[17~",
	"f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~", "f10": "\x1b[21~", "f11": "\x1b[23~", "f12": "\x1b[24~",
}

// step is one key, one pause or one wait for a text.
type step struct {
	keys  string
	until string
	pause time.Duration // the pause, or how long to wait for the text
}

// parse reads a script: plain characters are keys; <enter>, <ctrl+c>, <alt+x>, <lt> … are the others; <wait 300ms> pauses;
// <until TEXT 10s> waits until the screen shows TEXT.
func parse(script string) ([]step, error) {
	var steps []step
	for script != "" {
		if script[0] != '<' {
			key, rest := firstRune(script)
			steps, script = append(steps, step{keys: key}), rest
			continue
		}
		inner, rest, ok := strings.Cut(script[1:], ">")
		if !ok {
			return nil, fmt.Errorf("key script: %q has no closing >; a plain < is written <lt>", script)
		}
		next, err := parseTag(inner)
		if err != nil {
			return nil, err
		}
		steps, script = append(steps, next), rest
	}
	return steps, nil
}

func parseTag(tag string) (step, error) {
	verb, rest, _ := strings.Cut(tag, " ")
	switch verb {
	case "wait":
		pause, err := time.ParseDuration(rest)
		if err != nil {
			return step{}, fmt.Errorf("key script: <%s>: %w", tag, err)
		}
		return step{pause: pause}, nil
	case "until":
		i := strings.LastIndex(rest, " ")
		if i <= 0 {
			return step{}, fmt.Errorf("key script: <%s>: write <until TEXT 10s>", tag)
		}
		pause, err := time.ParseDuration(rest[i+1:])
		if err != nil {
			return step{}, fmt.Errorf("key script: <%s>: %w", tag, err)
		}
		return step{until: rest[:i], pause: pause}, nil
	}
	keys, ok := key(tag)
	if !ok {
		return step{}, fmt.Errorf("key script: <%s> is no key I know", tag)
	}
	return step{keys: keys}, nil
}

// key gives the bytes a terminal sends for a named key.
func key(name string) (string, bool) {
	if keys, ok := named[name]; ok {
		return keys, true
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok && len(letter) == 1 && letter[0] >= 'a' && letter[0] <= 'z' {
		return string(rune(letter[0] - 'a' + 1)), true
	}
	if plain, ok := strings.CutPrefix(name, "alt+"); ok && plain != "" {
		if keys, ok := key(plain); ok {
			return "\x1b" + keys, true
		}
		if first, rest := firstRune(plain); rest == "" {
			return "\x1b" + first, true
		}
	}
	return "", false
}

func firstRune(s string) (first, rest string) {
	for i := range s {
		if i > 0 {
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// Play presses the keys of a script one by one, pauses at <wait 300ms> and waits at <until TEXT 10s>.
func (s *Session) Play(ctx context.Context, script string) error {
	steps, err := parse(script)
	if err != nil {
		return err
	}
	for _, next := range steps {
		if err := s.step(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) step(ctx context.Context, next step) error {
	switch {
	case next.until != "":
		ctx, cancel := context.WithTimeout(ctx, next.pause)
		defer cancel()
		if err := s.WaitFor(ctx, Contains(next.until)); err != nil {
			return fmt.Errorf("wait %s for %q: %w", next.pause, next.until, err)
		}
		return nil
	case next.keys != "":
		if _, err := s.tty.WriteString(next.keys); err != nil {
			return fmt.Errorf("press %q: %w", next.keys, err)
		}
		if next.keys == named["esc"] {
			return pause(ctx, afterEscape)
		}
		return nil
	}
	return pause(ctx, next.pause)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
