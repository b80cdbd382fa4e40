package demo

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/internal/demo/shop"
)

// keptMails is how many mails a node remembers.
const keptMails = 200

// Email confirms orders. Its nodes share the orders among them.
type Email struct {
	log *slog.Logger

	mu     sync.Mutex
	mails  map[string]*shop.Mail // by order
	orders []string              // oldest first
}

// NewEmail returns a service that has sent nothing yet.
func NewEmail(log *slog.Logger) *Email { return &Email{log: log, mails: map[string]*shop.Mail{}} }

func playEmail(s micro.Service) (background, error) {
	e := NewEmail(logger.Slog(s.Options().Logger))
	if err := micro.RegisterSubscriber(placedTopic, s.Server(), e.confirm, server.SubscriberQueue("shop.email")); err != nil {
		return nil, err
	}
	return nil, serve(s, e, "Email", "Preview")
}

// confirm writes the mail of an order that was placed.
func (e *Email) confirm(_ context.Context, event *shop.OrderPlaced) error {
	order := event.GetOrder()
	mail := compose(order)
	e.mu.Lock()
	if _, again := e.mails[order.GetId()]; !again {
		e.orders = append(e.orders, order.GetId())
	}
	e.mails[order.GetId()] = mail
	if len(e.orders) > keptMails {
		delete(e.mails, e.orders[0])
		e.orders = e.orders[1:]
	}
	e.mu.Unlock()
	e.log.Info("mail sent", "order", order.GetId(), "to", mail.GetTo())
	return nil
}

// Preview answers with the mail of an order. Without an order it is the latest, or a sample.
func (e *Email) Preview(_ context.Context, req *shop.PreviewRequest, rsp *shop.Mail) error {
	mail, ok := e.find(req.GetOrderId())
	if !ok {
		return errors.NotFound("shop.email", "this node has sent no mail for order %q; the latest %d are kept", req.GetOrderId(), keptMails)
	}
	rsp.To, rsp.Subject, rsp.Body, rsp.Attachments = mail.GetTo(), mail.GetSubject(), mail.GetBody(), mail.GetAttachments()
	return nil
}

// find returns a mail; nobody changes one that was sent.
func (e *Email) find(order string) (*shop.Mail, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if order == "" {
		if len(e.orders) == 0 {
			return compose(&shop.Order{Id: "o-sample", Cart: &shop.CartContents{UserId: guest}, Total: euros(8370)}), true
		}
		order = e.orders[len(e.orders)-1]
	}
	mail, ok := e.mails[order]
	return mail, ok
}

func compose(order *shop.Order) *shop.Mail {
	total := order.GetTotal()
	price := fmt.Sprintf("%d.%02d %s", total.GetUnits(), total.GetNanos()/(nanosPerUnit/100), total.GetCurrency())
	return &shop.Mail{
		To:          order.GetCart().GetUserId() + "@shop.example",
		Subject:     "Your order " + order.GetId(),
		Body:        "Thank you for your order.\n\nTotal: " + price + "\n",
		Attachments: map[string][]byte{"invoice.txt": []byte("Invoice " + order.GetId() + "\n" + price + "\n")},
	}
}
