package demo

import (
	"errors"
	"math/big"

	"github.com/microtop/microtop/internal/demo/shop"
)

// nanosPerUnit is how many nanos make a unit of money.
const nanosPerUnit = 1_000_000_000

// errMoney says that an amount is none: its nanos are out of range or of the other sign than its units.
var errMoney = errors.New("nanos must be under a unit and of the units' sign")

// errTooMuch says that an amount is more than a message can hold.
var errTooMuch = errors.New("the amount is too large")

// euros is an amount in euro.
func euros(cents int64) *shop.Money {
	return &shop.Money{Currency: shop.CurrencyCode_EUR, Units: cents / 100, Nanos: int32(cents%100) * (nanosPerUnit / 100)}
}

// nanos is an amount in billionths of its currency.
func nanos(m *shop.Money) (*big.Int, error) {
	units, part := m.GetUnits(), m.GetNanos()
	if part <= -nanosPerUnit || part >= nanosPerUnit || units > 0 && part < 0 || units < 0 && part > 0 {
		return nil, errMoney
	}
	total := new(big.Int).Mul(big.NewInt(units), big.NewInt(nanosPerUnit))
	return total.Add(total, big.NewInt(int64(part))), nil
}

// money is the amount of so many billionths.
func money(currency shop.CurrencyCode, total *big.Int) (*shop.Money, error) {
	units, part := new(big.Int).QuoRem(total, big.NewInt(nanosPerUnit), new(big.Int))
	if !units.IsInt64() {
		return nil, errTooMuch
	}
	return &shop.Money{Currency: currency, Units: units.Int64(), Nanos: int32(part.Int64())}, nil //nolint:gosec // under a unit
}

// sum adds amounts of one currency.
func sum(currency shop.CurrencyCode, amounts ...*shop.Money) (*shop.Money, error) {
	total := new(big.Int)
	for _, amount := range amounts {
		n, err := nanos(amount)
		if err != nil {
			return nil, err
		}
		total.Add(total, n)
	}
	return money(currency, total)
}

// times is an amount so often.
func times(m *shop.Money, n uint32) (*shop.Money, error) {
	total, err := nanos(m)
	if err != nil {
		return nil, err
	}
	return money(m.GetCurrency(), total.Mul(total, big.NewInt(int64(n))))
}
