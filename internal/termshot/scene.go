package termshot

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// sceneTime is how long a scene may take; its <until>s end sooner.
const sceneTime = 3 * time.Minute

// Scene is one session and the pictures taken in it.
type Scene struct {
	Name    string
	Command Command
	Acts    []Act
}

// Act is one line of a scene: either keys to play or the name of a picture to take.
type Act struct {
	Keys string
	Shot string
}

// ParseScenes reads a scenes file. It is made of lines; blank ones and those that begin with # are skipped:
//
//	scene NAME WIDTHxHEIGHT   begins a scene; the rest belongs to it
//	run COMMAND LINE          what runs in the terminal, as sh reads it
//	env NAME=VALUE            adds to its environment
//	keys SCRIPT               keys, <wait 300ms>, <until TEXT 10s> (see Session.Play)
//	shot NAME.svg             draws the screen as it is now
//
// Errors name the line.
func ParseScenes(r io.Reader) ([]Scene, error) {
	var scenes []Scene
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		verb, rest, _ := strings.Cut(line, " ")
		if verb == "scene" {
			scenes = append(scenes, Scene{})
		} else if len(scenes) == 0 {
			return nil, fmt.Errorf("line %d: %q before the first scene", number, verb)
		}
		if err := scenes[len(scenes)-1].line(verb, strings.TrimSpace(rest)); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the scenes: %w", err)
	}
	for _, scene := range scenes {
		if scene.Command.Path == "" {
			return nil, fmt.Errorf("scene %s runs nothing", scene.Name)
		}
	}
	return scenes, nil
}

func (s *Scene) line(verb, rest string) error {
	switch verb {
	case "scene":
		if _, err := fmt.Sscanf(rest, "%s %dx%d", &s.Name, &s.Command.Width, &s.Command.Height); err != nil {
			return fmt.Errorf("write scene NAME WIDTHxHEIGHT: %w", err)
		}
		s.Command.Env = environment()
	case "run":
		s.Command.Path, s.Command.Args = "/bin/sh", []string{"-c", "exec " + rest}
	case "env":
		s.Command.Env = append(s.Command.Env, rest)
	case "keys":
		if _, err := parse(rest); err != nil {
			return err
		}
		s.Acts = append(s.Acts, Act{Keys: rest})
	case "shot":
		if strings.ContainsAny(rest, "/\\") || !strings.HasSuffix(rest, ".svg") {
			return fmt.Errorf("shot %q: a plain name that ends in .svg", rest)
		}
		s.Acts = append(s.Acts, Act{Shot: rest})
	default:
		return fmt.Errorf("%q is none of scene, run, env, keys, shot", verb)
	}
	return nil
}

// folders are the variables that name folders which a scene has to itself: a picture shows nothing of whoever takes it, and
// leaves nothing behind.
func folders() []string {
	return []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"}
}

// environment is the caller's without its folders and without what names its fleet.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "MICRO_") || strings.HasPrefix(name, "MICROTOP_") || slices.Contains(folders(), name)
	})
}

// Shoot plays the scene, in folders of its own, and hands each picture to save, with its file name.
func (s *Scene) Shoot(ctx context.Context, save func(name string, svg []byte) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, sceneTime)
	defer cancel()
	dir, err := os.MkdirTemp("", "scene-")
	if err != nil {
		return fmt.Errorf("scene %s: %w", s.Name, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	command := s.Command
	command.Env = nil
	for _, name := range folders() {
		command.Env = append(command.Env, name+"="+dir)
	}
	command.Env = append(command.Env, s.Command.Env...) // what the scene sets itself wins
	session, err := Start(ctx, command)
	if err != nil {
		return fmt.Errorf("scene %s: %w", s.Name, err)
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	for _, act := range s.Acts {
		var failed error
		if act.Shot != "" {
			failed = save(act.Shot, session.SVG())
		} else {
			failed = session.Play(ctx, act.Keys)
		}
		if failed != nil {
			return fmt.Errorf("scene %s: %w", s.Name, failed)
		}
	}
	return nil
}
