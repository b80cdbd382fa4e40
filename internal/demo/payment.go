package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"

	"google.golang.org/protobuf/types/known/timestamppb"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/internal/demo/shop"
)

// settledTopic carries a PaymentSettled for each payment.
const settledTopic = "shop.payments.settled"

// Payment charges cards, and fails for one call in twenty.
type Payment struct {
	settled micro.Event
	faults  *oneIn
	log     *slog.Logger
}

func playPayment(s micro.Service) (background, error) {
	p := &Payment{settled: micro.NewEvent(settledTopic, s.Client()), faults: &oneIn{n: 20}, log: logger.Slog(s.Options().Logger)}
	return nil, serve(s, p, "Payment")
}

// Charge takes an amount; without one it is a cent, to check the card.
func (p *Payment) Charge(ctx context.Context, req *shop.ChargeRequest, rsp *shop.ChargeResponse) error {
	amount := req.GetAmount()
	if amount == nil {
		amount = euros(1)
	}
	order := orElse(req.GetOrderId(), "o-check")
	if n, err := nanos(amount); err != nil || n.Sign() <= 0 {
		return errors.BadRequest("shop.payment", "amount: there is nothing to charge")
	}
	if p.faults.hit() {
		p.log.Warn("charge failed", "order", order, "acquirer", "nordbank", "code", "91")
		return errors.InternalServerError("shop.payment", "order %s: acquirer nordbank declined: 91 issuer or switch inoperative", order)
	}
	rsp.PaymentId, rsp.Settled = newID("p"), timestamppb.Now()
	event := &shop.PaymentSettled{PaymentId: rsp.GetPaymentId(), OrderId: order, Amount: amount, At: rsp.GetSettled()}
	if err := p.settled.Publish(ctx, event); err != nil {
		p.log.Warn("payment not announced", "payment", rsp.GetPaymentId(), "error", err) // the money has moved all the same
	}
	return nil
}

// oneIn hits one call of each n, a different one each time: exact over many calls, and not to be foreseen.
type oneIn struct {
	n int

	mu          sync.Mutex
	call, fault int
}

func (o *oneIn) hit() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.call%o.n == 0 {
		o.call, o.fault = 0, mathrand.IntN(o.n) //nolint:gosec // chance, not a secret
	}
	o.call++
	return o.call-1 == o.fault
}

// newID is an id that no other has.
func newID(kind string) string {
	var raw [6]byte
	_, _ = rand.Read(raw[:]) // never fails
	return kind + "-" + hex.EncodeToString(raw[:])
}
