package demo

import (
	"fmt"
	"math/big"

	"github.com/microtop/microtop/internal/demo/shop"
)

// bounds are the ends of a price range in billionths of a euro; nil where the range is open.
func bounds(r *shop.PriceRange) (low, high *big.Int, err error) {
	if low, err = bound(r.GetMin()); err != nil {
		return nil, nil, fmt.Errorf("min: %w", err)
	}
	if high, err = bound(r.GetMax()); err != nil {
		return nil, nil, fmt.Errorf("max: %w", err)
	}
	return low, high, nil
}

func bound(m *shop.Money) (*big.Int, error) {
	if m == nil {
		return nil, nil //nolint:nilnil // an open end is no error
	}
	inEuro, err := convert(m, shop.CurrencyCode_EUR)
	if err != nil {
		return nil, err
	}
	return nanos(inEuro)
}

// within says whether a price lies between the ends, both included.
func within(price *shop.Money, low, high *big.Int) bool {
	n, err := nanos(price)
	if err != nil {
		return false
	}
	return (low == nil || n.Cmp(low) >= 0) && (high == nil || n.Cmp(high) <= 0)
}
