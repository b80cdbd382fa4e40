package demo

import (
	"context"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/internal/demo/shop"
)

const (
	// leakEvery and leakBytes make the leak: 4 MB a second.
	leakEvery = 250 * time.Millisecond
	leakBytes = 1 << 20
	// leakSteps is how often it leaks before it lets go: at 224 MB, so that the whole process stays below 256.
	leakSteps = 224
)

// Ads picks ads, and keeps the pictures of all that it ever loaded.
type Ads struct {
	log      *slog.Logger
	pictures [][]byte // owned by load
}

func playAds(s micro.Service) (background, error) {
	a := &Ads{log: logger.Slog(s.Options().Logger)}
	return a.load, serve(s, a, "Ads", "Pick")
}

// Pick answers with an ad, one that fits a tag if there is one.
func (*Ads) Pick(_ context.Context, req *shop.AdRequest, rsp *shop.Ad) error {
	now := int(time.Now().Unix())
	fitting := slices.DeleteFunc(goods(), func(g good) bool {
		return !slices.ContainsFunc(g.tags, func(tag string) bool { return slices.Contains(req.GetTags(), tag) })
	})
	if len(fitting) == 0 {
		fitting = goods()
	}
	g := fitting[now%len(fitting)]
	rsp.Text = g.name + ": " + g.description
	rsp.Url = "https://shop.example/p/" + g.id
	return nil
}

// load leaks until ctx ends, and starts over when it has leaked enough.
func (a *Ads) load(ctx context.Context) {
	tick := time.NewTicker(leakEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.step()
		}
	}
}

// step keeps one more picture, or lets all go.
func (a *Ads) step() {
	if len(a.pictures) < leakSteps {
		a.pictures = append(a.pictures, loadPicture())
		return
	}
	a.log.Warn("cache of pictures is full, dropped", "pictures", len(a.pictures))
	a.pictures = nil
	debug.FreeOSMemory()
}

// loadPicture makes a picture and touches every page of it. It is kept a function of its own, for profiles to name.
//
//go:noinline
func loadPicture() []byte {
	picture := make([]byte, leakBytes)
	for i := 0; i < len(picture); i += 1 << 10 {
		picture[i] = 1
	}
	return picture
}
