package demo

import (
	"context"
	"sync"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/internal/demo/shop"
)

// partTime bounds each part of the home page: a part that is late is left out.
const partTime = 800 * time.Millisecond

// Frontend is what visitors see.
type Frontend struct{ client client.Client }

func playFrontend(s micro.Service) (background, error) {
	return nil, serve(s, &Frontend{client: s.Client()}, "Frontend", "Home")
}

// Home answers with products, recommendations and an ad, asked for at once. What could not be had is named in Missing.
func (f *Frontend) Home(ctx context.Context, req *shop.HomeRequest, rsp *shop.HomeResponse) error {
	rsp.Greeting = "Welcome to the shop, " + orElse(req.GetUserId(), guest) + "."
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	var mu sync.Mutex
	var parts sync.WaitGroup
	// part runs ask, then fill under the lock.
	part := func(name string, ask func() error, fill func()) {
		parts.Go(func() {
			err := ask()
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				fill()
				return
			}
			if rsp.Missing == nil {
				rsp.Missing = map[string]string{}
			}
			rsp.Missing[name] = errors.FromError(err).GetDetail()
		})
	}

	var products shop.SearchResponse
	part("products", func() error {
		_, err := ask(ctx, f.client, "shop.catalog", "Catalog.Search", &shop.SearchRequest{Limit: 4}, &products)
		return err
	}, func() { rsp.Products = products.GetProducts() })

	var recommended shop.RecommendResponse
	part("recommended", func() error {
		_, err := ask(ctx, f.client, "shop.recommend", "Recommend.For", &shop.RecommendRequest{UserId: req.GetUserId()}, &recommended)
		return err
	}, func() {
		for _, score := range recommended.GetScores() {
			rsp.Recommended = append(rsp.Recommended, score.GetProductId())
		}
	})

	var ad shop.Ad
	part("ad", func() error {
		_, err := ask(ctx, f.client, "shop.ads", "Ads.Pick", &shop.AdRequest{}, &ad)
		return err
	}, func() { rsp.Ad = &ad })

	parts.Wait()
	return nil
}
