package demo

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/internal/demo/shop"
)

const (
	// quoteTime is how long a quote takes: the carrier's tariff is far away.
	quoteTime = 400 * time.Millisecond
	// stopTime is the way from one stop of a parcel to the next.
	stopTime = 250 * time.Millisecond
	// usualStops is how many stops a parcel has when the request names none.
	usualStops = 5
	// mostStops bounds the stops of a parcel.
	mostStops = 1000
)

// Shipping quotes slowly and tracks parcels.
type Shipping struct{}

func playShipping(s micro.Service) (background, error) {
	return nil, serve(s, new(Shipping), "Shipping", "Quote", "Track")
}

// Quote says what shipping costs and how long it takes.
func (*Shipping) Quote(ctx context.Context, req *shop.QuoteRequest, rsp *shop.QuoteResponse) error {
	if err := pause(ctx, quoteTime); err != nil {
		return err
	}
	pieces := int64(0)
	for _, n := range req.GetItems() {
		pieces += int64(n)
	}
	days := time.Duration(2)
	if country := req.GetAddress().GetCountry(); country != "" && country != "DE" {
		days = 5
	}
	rsp.Cost = euros(490 + 50*min(pieces, 100))
	rsp.Time = durationpb.New(days * 24 * time.Hour)
	return nil
}

// Track sends one event a stop until the parcel is delivered.
func (*Shipping) Track(ctx context.Context, stream server.Stream) error {
	req := new(shop.TrackRequest)
	if err := stream.Recv(req); err != nil {
		return endOfStream(err)
	}
	stops := req.GetStops()
	if stops == 0 {
		stops = usualStops
	}
	if stops > mostStops {
		return errors.BadRequest("shop.shipping", "stops: %d are too many; the limit is %d", stops, mostStops)
	}
	places := []string{"Hamburg depot", "Hannover hub", "Kassel hub", "Frankfurt depot", "van 7"}
	order := orElse(req.GetOrderId(), "o-sample")
	for stop := range stops {
		event := &shop.TrackEvent{OrderId: order, Place: places[int(stop)%len(places)], Stop: stop + 1, At: timestamppb.Now()}
		if stop == stops-1 {
			event.Place, event.Delivered = "front door", true
		}
		if err := stream.Send(event); err != nil {
			return err
		}
		if event.GetDelivered() {
			break
		}
		if err := pause(ctx, stopTime); err != nil {
			return err
		}
	}
	return nil
}

// pause waits, or returns the context's error when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
