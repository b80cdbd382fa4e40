package demo

import (
	"context"
	"fmt"
	"io"
	"math/big"

	stderrors "errors"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/internal/demo/shop"
)

// rates are what a euro buys, in millionths.
func rates() map[shop.CurrencyCode]int64 {
	return map[shop.CurrencyCode]int64{
		shop.CurrencyCode_EUR: 1_000_000,
		shop.CurrencyCode_USD: 1_084_500,
		shop.CurrencyCode_GBP: 851_200,
		shop.CurrencyCode_JPY: 163_420_000,
	}
}

// Currency converts money.
type Currency struct{}

func playCurrency(s micro.Service) (background, error) {
	return nil, serve(s, new(Currency), "Currency", "Supported")
}

// Supported answers with what a euro buys in each currency.
func (*Currency) Supported(_ context.Context, _ *shop.SupportedRequest, rsp *shop.SupportedResponse) error {
	rsp.Rates = map[string]float64{}
	for code, rate := range rates() {
		rsp.Rates[code.String()] = float64(rate) / 1e6
	}
	return nil
}

// Convert answers each amount in turn; an amount that is left out is one euro.
func (*Currency) Convert(_ context.Context, stream server.Stream) error {
	for {
		req := new(shop.ConvertRequest)
		if err := stream.Recv(req); err != nil {
			return endOfStream(err)
		}
		amount := req.GetAmount()
		if amount == nil {
			amount = euros(100)
		}
		converted, err := convert(amount, req.GetTo())
		if err != nil {
			return errors.BadRequest("shop.currency", "%v", err)
		}
		if err := stream.Send(converted); err != nil {
			return err
		}
	}
}

// endOfStream turns the caller's end of a stream into the handler's.
func endOfStream(err error) error {
	if stderrors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// convert gives an amount in another currency, rounded to its smallest coin.
func convert(amount *shop.Money, to shop.CurrencyCode) (*shop.Money, error) {
	known := rates()
	from, ok := known[amount.GetCurrency()]
	if !ok {
		return nil, fmt.Errorf("amount.currency: unknown currency %v; Currency.Supported lists them", amount.GetCurrency())
	}
	into, ok := known[to]
	if !ok {
		return nil, fmt.Errorf("to: unknown currency %v; Currency.Supported lists them", to)
	}
	n, err := nanos(amount)
	if err != nil {
		return nil, fmt.Errorf("amount: %w", err)
	}
	if from != into {
		exact := new(big.Rat).SetFrac(n.Mul(n, big.NewInt(into)), big.NewInt(from))
		n = rounded(exact, coin(to))
	}
	converted, err := money(to, n)
	if err != nil {
		return nil, fmt.Errorf("amount: %w", err)
	}
	return converted, nil
}

// coin is a currency's smallest one, in billionths.
func coin(currency shop.CurrencyCode) int64 {
	if currency == shop.CurrencyCode_JPY {
		return nanosPerUnit
	}
	return nanosPerUnit / 100
}

// rounded is the multiple of step nearest to x, halves away from zero.
func rounded(x *big.Rat, step int64) *big.Int {
	x.Quo(x, new(big.Rat).SetInt64(step))
	half := big.NewRat(int64(x.Sign()), 2)
	x.Add(x, half)
	n := new(big.Int).Quo(x.Num(), x.Denom())
	return n.Mul(n, big.NewInt(step))
}
