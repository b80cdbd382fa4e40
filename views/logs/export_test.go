package logs

import (
	"context"
	"time"

	"github.com/microtop/microtop/tui"
	"github.com/microtop/microtop/tui/safetext"
	"github.com/microtop/microtop/tui/theme"
)

// Follow is how a made-up node tells its log.
type Follow func(ctx context.Context, count int64, yield func(at time.Time, metadata map[string]string, message string) bool) error

// NewFake makes a screen on nodes made up by a test: their ids are those of the service
// "shop.cart" and a number.
func NewFake(ctx context.Context, nodes ...Follow) tui.Screen {
	return newScreen(ctx, theme.Default(), safetext.Literal("shop.cart"), func(context.Context) ([]node, error) {
		var list []node
		for i, f := range nodes {
			list = append(list, node{"shop.cart", "shop.cart-" + string(rune('a'+i)), f})
		}
		return list, nil
	})
}
