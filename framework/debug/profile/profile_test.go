package profile_test

import (
	"testing"

	"github.com/microtop/microtop/framework/debug/profile"
	"github.com/microtop/microtop/framework/debug/profile/profiletest"
)

func TestConformance(t *testing.T) {
	profiletest.Run(t, func(*testing.T) profile.Profile { return profile.DefaultProfile })
}

func TestA270_DefaultDoesNothing(t *testing.T) {
	p := profile.DefaultProfile
	if err := p.Start(); err != nil {
		t.Error(err)
	}
	if err := p.Stop(); err != nil || p.String() != "noop" {
		t.Errorf("%s: %v", p, err)
	}
}
