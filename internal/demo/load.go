package demo

import (
	"context"
	stderrors "errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/microtop/microtop/framework/client"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/framework/registry"
	"github.com/microtop/microtop/framework/selector"
	"github.com/microtop/microtop/framework/transport"
	"github.com/microtop/microtop/internal/demo/shop"
)

const (
	// visitTime bounds one visit of a customer.
	visitTime = 10 * time.Second
	// reportEvery is how often the log says how many visits there were.
	reportEvery = 30 * time.Second
)

// load is the shop's customers: a steady few dozen calls a second, that of the services among each other included.
// Each customer does one thing at a time, so a slow shop has fewer calls, not more at once.
type load struct {
	client   client.Client
	selector selector.Selector
	goods    []good
	log      *slog.Logger
	cancel   context.CancelFunc
	work     sync.WaitGroup

	mu     sync.Mutex
	visits map[string]*visits // by what they are for
}

// visits counts those since the last report.
type visits struct {
	all, failed int
	last        error
}

// startLoad lets the customers in, until stop or until ctx ends.
func startLoad(ctx context.Context, r registry.Registry, log logger.Logger) *load {
	pick := selector.NewSelector(selector.Registry(r), selector.WithLogger(log))
	wire := transport.NewHTTPTransport(transport.WithLogger(log))
	ctx, cancel := context.WithCancel(ctx)
	l := &load{
		client: newClient(
			client.Registry(r), client.Selector(pick), client.Transport(wire), client.ContentType(contentType), client.WithLogger(log),
		),
		selector: pick, goods: goods(), log: logger.Slog(log), cancel: cancel, visits: map[string]*visits{},
	}
	l.keep(ctx, "home", 400*time.Millisecond, l.home)
	l.keep(ctx, "browse", 500*time.Millisecond, l.browse)
	l.keep(ctx, "order", 400*time.Millisecond, l.order)
	l.keep(ctx, "order", 600*time.Millisecond, l.order)
	l.keep(ctx, "track", time.Second, l.track)
	l.keep(ctx, "convert", 2*time.Second, l.convert)
	l.keep(ctx, "import", 5*time.Second, l.fillCart)
	l.keep(ctx, "mail", 2*time.Second, l.mail)
	l.work.Go(func() { l.report(ctx) })
	return l
}

// stop sends the customers home and waits until they are.
func (l *load) stop() error {
	l.cancel()
	l.work.Wait()
	failed := []error{l.selector.Close()}
	if c, ok := l.client.(io.Closer); ok {
		failed = append(failed, c.Close())
	}
	return stderrors.Join(failed...)
}

// keep starts a customer who comes again after each visit and a pause.
func (l *load) keep(ctx context.Context, what string, between time.Duration, visit func(context.Context) error) {
	l.work.Go(func() {
		for pause(ctx, between) == nil {
			bounded, cancel := context.WithTimeout(ctx, visitTime)
			err := visit(bounded)
			cancel()
			if ctx.Err() == nil {
				l.count(what, err)
			}
		}
	})
}

func (l *load) count(what string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visits[what]
	if v == nil {
		v = new(visits)
		l.visits[what] = v
	}
	v.all++
	if err != nil {
		v.failed, v.last = v.failed+1, err
	}
}

// report writes the counts down from time to time. Single failures are part of the show.
func (l *load) report(ctx context.Context) {
	for pause(ctx, reportEvery) == nil {
		l.mu.Lock()
		counted := l.visits
		l.visits = map[string]*visits{}
		l.mu.Unlock()
		for what, v := range counted {
			last := ""
			if v.last != nil {
				last = errors.FromError(v.last).GetDetail()
			}
			l.log.Info("visits", "for", what, "all", v.all, "failed", v.failed, "last", last)
		}
	}
}

// any is a good by chance.
func (l *load) some() good {
	return l.goods[rand.IntN(len(l.goods))] //nolint:gosec // chance, not a secret
}

// customer is a user by chance; an order's is nearly always a new one.
func customer() string {
	return fmt.Sprintf("customer-%d", rand.IntN(100_000)) //nolint:gosec // chance, not a secret
}

func (l *load) home(ctx context.Context) error {
	_, err := ask(ctx, l.client, "shop.frontend", "Frontend.Home", &shop.HomeRequest{UserId: customer()}, new(shop.HomeResponse))
	return err
}

func (l *load) browse(ctx context.Context) error {
	found, err := ask(ctx, l.client, "shop.catalog", "Catalog.Search", &shop.SearchRequest{Query: l.some().tags[0]}, new(shop.SearchResponse))
	if err != nil || len(found.GetProducts()) == 0 {
		return err
	}
	first := &shop.GetProductRequest{Id: found.GetProducts()[0].GetId()}
	_, err = ask(ctx, l.client, "shop.catalog", "Catalog.Get", first, new(shop.Product))
	return err
}

// order buys one to three things, one order in three in another currency.
func (l *load) order(ctx context.Context) error {
	user := customer()
	for range 1 + rand.IntN(3) { //nolint:gosec // chance, not a secret
		item := &shop.AddItemRequest{UserId: user, ProductId: l.some().id, Quantity: 1}
		if _, err := ask(ctx, l.client, "shop.cart", "Cart.Add", item, new(shop.CartContents)); err != nil {
			return err
		}
	}
	order := &shop.PlaceOrderRequest{
		UserId:  user,
		Address: &shop.Address{Street: "Lange Reihe 7", City: "Hamburg", Country: "DE"},
		Method:  &shop.PlaceOrderRequest_Card{Card: &shop.Card{Number: "4111 1111 1111 1111", ExpiresYear: 2099, ExpiresMonth: 12}},
	}
	if rand.IntN(3) == 0 { //nolint:gosec // chance, not a secret
		order.Currency = shop.CurrencyCode_USD
	}
	_, err := ask(ctx, l.client, "shop.checkout", "Checkout.PlaceOrder", order, new(shop.Order))
	return err
}

func (l *load) mail(ctx context.Context) error {
	_, err := ask(ctx, l.client, "shop.email", "Email.Preview", &shop.PreviewRequest{}, new(shop.Mail))
	return err
}

// track follows a parcel until it is delivered.
func (l *load) track(ctx context.Context) error {
	stream, err := l.stream(ctx, "shop.shipping", "Shipping.Track", &shop.TrackRequest{})
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // all was received
	for event := new(shop.TrackEvent); !event.GetDelivered(); {
		if err := stream.Recv(event); err != nil {
			return err
		}
	}
	return nil
}

// convert asks for one amount after the other on one stream.
func (l *load) convert(ctx context.Context) error {
	stream, err := l.stream(ctx, "shop.currency", "Currency.Convert")
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // all was received
	for code := range shop.CurrencyCode_name {
		req := &shop.ConvertRequest{Amount: euros(l.some().cents), To: shop.CurrencyCode(code)}
		if err := stream.Send(req); err != nil {
			return err
		}
		if err := stream.Recv(new(shop.Money)); err != nil {
			return err
		}
	}
	return finish(stream)
}

// finish ends a stream in good order: to the service, one that is only closed was cancelled, which is an error.
func finish(stream client.Stream) error {
	if err := stream.CloseSend(); err != nil {
		return err
	}
	err := stream.Recv(new(shop.Money))
	switch {
	case err == nil:
		return stderrors.New("the stream goes on after its end")
	case stderrors.Is(err, io.EOF):
		return nil
	}
	return err
}

// fillCart sends a cart's items in one stream.
func (l *load) fillCart(ctx context.Context) error {
	user := customer()
	items := make([]proto.Message, 0, 5)
	for range cap(items) {
		items = append(items, &shop.AddItemRequest{UserId: user, ProductId: l.some().id, Quantity: 1})
	}
	stream, err := l.stream(ctx, "shop.cart", "Cart.Import", items...)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // all was received
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.Recv(new(shop.CartContents))
}

// stream opens a stream and sends the first messages.
func (l *load) stream(ctx context.Context, service, endpoint string, first ...proto.Message) (client.Stream, error) {
	stream, err := l.client.Stream(ctx, l.client.NewRequest(service, endpoint, nil, client.StreamingRequest()))
	if err != nil {
		return nil, err
	}
	for _, message := range first {
		if err := stream.Send(message); err != nil {
			return nil, stderrors.Join(err, stream.Close())
		}
	}
	return stream, nil
}
