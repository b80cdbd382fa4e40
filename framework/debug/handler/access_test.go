package handler

import "testing"

func TestIsLocal(t *testing.T) {
	for _, c := range []struct {
		remote, local string
		want          bool
	}{
		{"127.0.0.1:1", "127.0.0.1:2", true},
		{"[::1]:1", "[::1]:2", true},
		{"10.0.0.5:1", "10.0.0.5:2", true},
		{"10.0.0.5:1", "[::ffff:10.0.0.5]:2", true},
		{"10.0.0.6:1", "10.0.0.5:2", false},
		{"127.0.0.1.evil:1", "10.0.0.5:2", false},
		{"", "", false},
		{"pipe", "pipe", false},
	} {
		if got := isLocal(c.remote, c.local); got != c.want {
			t.Errorf("isLocal(%q, %q) = %v", c.remote, c.local, got)
		}
	}
}
