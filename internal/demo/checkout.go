package demo

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/internal/demo/shop"
)

// placedTopic carries an OrderPlaced for each order.
const placedTopic = "shop.orders.placed"

// Checkout turns carts into orders.
type Checkout struct {
	client client.Client
	placed micro.Event
	log    *slog.Logger
}

func playCheckout(s micro.Service) (background, error) {
	c := &Checkout{client: s.Client(), placed: micro.NewEvent(placedTopic, s.Client()), log: logger.Slog(s.Options().Logger)}
	if err := micro.RegisterSubscriber(settledTopic, s.Server(), c.book, server.SubscriberQueue("shop.checkout")); err != nil {
		return nil, err
	}
	return nil, serve(s, c, "Checkout")
}

// book enters a payment into the books.
func (c *Checkout) book(_ context.Context, event *shop.PaymentSettled) error {
	c.log.Info("payment booked", "payment", event.GetPaymentId(), "order", event.GetOrderId())
	return nil
}

// PlaceOrder prices the user's cart, quotes shipping, charges the payment and announces the order. Without a user it
// is the guest's cart.
func (c *Checkout) PlaceOrder(ctx context.Context, req *shop.PlaceOrderRequest, rsp *shop.Order) error {
	if err := valid(req); err != nil {
		return err
	}
	rsp.Id, rsp.Placed = newID("o"), timestamppb.Now()
	var err error
	if rsp.Cart, err = ask(ctx, c.client, "shop.cart", "Cart.Get", &shop.GetCartRequest{UserId: req.GetUserId()}, new(shop.CartContents)); err != nil {
		return failed("read the cart", err)
	}
	goods, err := c.price(ctx, rsp.GetCart())
	if err != nil {
		return err
	}
	quote := &shop.QuoteRequest{Address: req.GetAddress(), Items: rsp.GetCart().GetItems()}
	quoted, err := ask(ctx, c.client, "shop.shipping", "Shipping.Quote", quote, new(shop.QuoteResponse))
	if err != nil {
		return failed("quote shipping", err)
	}
	if rsp.Shipping, err = c.exchange(ctx, quoted.GetCost(), req.GetCurrency()); err != nil {
		return err
	}
	if goods, err = c.exchange(ctx, goods, req.GetCurrency()); err != nil {
		return err
	}
	if rsp.Total, err = sum(req.GetCurrency(), goods, rsp.GetShipping()); err != nil {
		return errors.InternalServerError("shop.checkout", "order %s: total: %v", rsp.GetId(), err)
	}
	return c.pay(ctx, rsp)
}

func valid(req *shop.PlaceOrderRequest) error {
	card := req.GetCard()
	if card.GetExpiresMonth() > 12 {
		return errors.BadRequest("shop.checkout", "card.expiresMonth: %d is no month", card.GetExpiresMonth())
	}
	year, month, _ := time.Now().UTC().Date()
	ends := int(card.GetExpiresYear())*12 + int(card.GetExpiresMonth())
	if card.GetExpiresYear() > 0 && ends < year*12+int(month) {
		return errors.BadRequest("shop.checkout", "card.expiresYear: the card expired in %d", card.GetExpiresYear())
	}
	return nil
}

// price sums the cart up, in euro. What the catalogue does not know leaves the cart.
func (c *Checkout) price(ctx context.Context, cart *shop.CartContents) (*shop.Money, error) {
	lines := []*shop.Money{euros(0)}
	for _, id := range slices.Sorted(maps.Keys(cart.GetItems())) {
		product, err := ask(ctx, c.client, "shop.catalog", "Catalog.Get", &shop.GetProductRequest{Id: id}, new(shop.Product))
		if e, ok := errors.As(err); ok && e.GetCode() == 404 && e.GetId() == "shop.catalog" {
			delete(cart.Items, id)
			continue
		}
		if err != nil {
			return nil, failed("price "+id, err)
		}
		line, err := times(product.GetPrice(), cart.GetItems()[id])
		if err != nil {
			return nil, errors.InternalServerError("shop.checkout", "price of %s: %v", id, err)
		}
		lines = append(lines, line)
	}
	if len(lines) == 1 {
		return nil, errors.BadRequest("shop.checkout", "the cart of %s is empty: fill it with Cart.Add", cart.GetUserId())
	}
	return sum(shop.CurrencyCode_EUR, lines...)
}

// exchange has an amount converted by shop.currency, unless it is in that currency already.
func (c *Checkout) exchange(ctx context.Context, amount *shop.Money, to shop.CurrencyCode) (*shop.Money, error) {
	if amount.GetCurrency() == to {
		return amount, nil
	}
	req := c.client.NewRequest("shop.currency", "Currency.Convert", nil, client.StreamingRequest())
	stream, err := c.client.Stream(ctx, req)
	if err != nil {
		return nil, failed("convert to "+to.String(), err)
	}
	defer func() { _ = stream.Close() }() // the answer is in, or the error is
	if err := stream.Send(&shop.ConvertRequest{Amount: amount, To: to}); err != nil {
		return nil, failed("convert to "+to.String(), err)
	}
	converted := new(shop.Money)
	if err := stream.Recv(converted); err != nil {
		return nil, failed("convert to "+to.String(), err)
	}
	if err := finish(stream); err != nil {
		return nil, failed("end the conversion", err)
	}
	return converted, nil
}

// failed says which step of an order failed, with the code of the service that could not do it.
func failed(step string, err error) error {
	cause := errors.FromError(err)
	code := cause.GetCode()
	if code == 0 {
		code = 500
	}
	return errors.New("shop.checkout", step+": "+cause.GetDetail(), code)
}

// pay charges the order's total and announces the order.
func (c *Checkout) pay(ctx context.Context, order *shop.Order) error {
	charge := &shop.ChargeRequest{OrderId: order.GetId(), Amount: order.GetTotal()}
	paid, err := ask(ctx, c.client, "shop.payment", "Payment.Charge", charge, new(shop.ChargeResponse))
	if err != nil {
		return failed("charge", err)
	}
	order.PaymentId, order.Status = paid.GetPaymentId(), shop.Order_PAID
	c.log.Info("order placed", "order", order.GetId(), "user", order.GetCart().GetUserId(), "payment", order.GetPaymentId())
	if err := c.placed.Publish(ctx, &shop.OrderPlaced{Order: order}); err != nil {
		c.log.Warn("order not announced", "order", order.GetId(), "error", err) // it is paid all the same
	}
	return nil
}
