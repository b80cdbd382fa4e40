package demo

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/internal/demo/shop"
)

const (
	// retrainEvery and retrainTime make the steady load: a fifth of a core.
	retrainEvery = 100 * time.Millisecond
	retrainTime  = 20 * time.Millisecond
	// requestTime is what a request adds.
	requestTime = 10 * time.Millisecond
	// shareOfCore is how much of a core the retraining and the requests may take together.
	shareOfCore = 0.5
	// savedTime is how much unused time they may save up.
	savedTime = 100 * time.Millisecond
	// shownScores is how many products are recommended.
	shownScores = 5
	// mostCandidates bounds the products that a request may name.
	mostCandidates = 1000
)

// Recommend ranks products for a user, at a price: it scores them over and over.
type Recommend struct {
	products []string
	budget   *budget
}

// NewRecommend returns a service that has half a core to spend.
func NewRecommend() *Recommend {
	r := &Recommend{budget: &budget{share: shareOfCore, most: savedTime}}
	for _, g := range goods() {
		r.products = append(r.products, g.id)
	}
	return r
}

func playRecommend(s micro.Service) (background, error) {
	r := NewRecommend()
	return r.retrain, serve(s, r, "Recommend", "For")
}

// For answers with the best products for a user, best first.
func (r *Recommend) For(_ context.Context, req *shop.RecommendRequest, rsp *shop.RecommendResponse) error {
	candidates := r.products
	if ids := req.GetProductIds(); len(ids) > 0 {
		candidates = ids[:min(len(ids), mostCandidates)]
	}
	scores := scoreCandidates(orElse(req.GetUserId(), guest), candidates, r.budget.take(requestTime, time.Now()))
	rsp.Scores = scores[:min(len(scores), shownScores)]
	return nil
}

// retrain burns the steady part until ctx ends.
func (r *Recommend) retrain(ctx context.Context) {
	tick := time.NewTicker(retrainEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			scoreCandidates("everybody", r.products, r.budget.take(retrainTime, time.Now()))
		}
	}
}

// scoreCandidates ranks products for a user and goes on refining the scores until the time is spent. It is kept a
// function of its own, for profiles to name.
//
//go:noinline
func scoreCandidates(user string, products []string, spend time.Duration) []*shop.Score {
	end := time.Now().Add(spend)
	scores := make([]*shop.Score, len(products))
	seed := hash(user)
	for i, id := range products {
		scores[i] = &shop.Score{ProductId: id, Value: float64(hash(id)^seed) / math.MaxUint32}
	}
	for time.Now().Before(end) {
		for _, score := range scores {
			x := score.GetValue()
			for range 200 {
				x += 1e-9 * math.Sqrt(x*(2-x))
			}
			score.Value = min(x, 1)
		}
	}
	slices.SortFunc(scores, func(a, b *shop.Score) int {
		return cmp.Or(cmp.Compare(b.GetValue(), a.GetValue()), cmp.Compare(a.GetProductId(), b.GetProductId()))
	})
	return scores
}

// budget hands out time at a share of the time that passes.
type budget struct {
	share float64
	most  time.Duration

	mu    sync.Mutex
	saved time.Duration
	last  time.Time
}

// take returns up to want, as far as it was saved until now.
func (b *budget) take(want time.Duration, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.last.IsZero() {
		b.saved += time.Duration(float64(now.Sub(b.last)) * b.share)
	}
	b.last = now
	b.saved = min(b.saved, b.most)
	given := min(want, b.saved)
	b.saved -= given
	return given
}
