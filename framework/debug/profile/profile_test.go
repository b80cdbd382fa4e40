package profile_test

import (
	"testing"

	"github.com/microtop/microtop/framework/debug/profile"
)

func TestA270_DefaultDoesNothing(t *testing.T) {
	p := profile.DefaultProfile
	if err := p.Start(); err != nil {
		t.Error(err)
	}
	if err := p.Stop(); err != nil || p.String() != "noop" {
		t.Errorf("%s: %v", p, err)
	}
}
