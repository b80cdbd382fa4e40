package demo_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/logger"
	"github.com/microtop/microtop/internal/demo"
	"github.com/microtop/microtop/internal/demo/shop"
)

func code(err error) int32 { return errors.FromError(err).GetCode() }

func TestCatalogKnowsProductsAndTheirVariants(t *testing.T) {
	catalog := demo.NewCatalog("1.0.0")
	for _, id := range []string{"", "kettle", "kettle-cream"} {
		var p shop.Product
		if err := catalog.Get(t.Context(), &shop.GetProductRequest{Id: id}, &p); err != nil {
			t.Fatal(err)
		}
		if id != "" && p.GetId() != id {
			t.Errorf("asked for %q, got %q", id, p.GetId())
		}
		if p.GetPrice().GetUnits() == 0 || len(p.GetThumbnail()) == 0 || p.GetStock().GetState() == nil || !p.GetAdded().IsValid() {
			t.Errorf("%q is not filled in: %v", id, &p)
		}
	}
	err := catalog.Get(t.Context(), &shop.GetProductRequest{Id: "no such thing"}, new(shop.Product))
	if code(err) != 404 || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("unknown product: %v", err)
	}
}

func TestCatalogSearchNarrows(t *testing.T) {
	catalog := demo.NewCatalog("1.1.0")
	dollars := func(n int64) *shop.Money { return &shop.Money{Currency: shop.CurrencyCode_USD, Units: n} }
	for name, test := range map[string]struct {
		req  *shop.SearchRequest
		want []string
	}{
		"words":    {&shop.SearchRequest{Query: "TEA steel"}, []string{"kettle"}},
		"category": {&shop.SearchRequest{Categories: []shop.Category{shop.Category_CATEGORY_GARDEN}}, []string{"hose", "trowel", "lantern"}},
		"price":    {&shop.SearchRequest{Price: &shop.PriceRange{Min: dollars(130), Max: dollars(200)}}, []string{"grinder"}},
		"limit":    {&shop.SearchRequest{Limit: 2}, []string{"kettle", "teapot"}},
		"nothing":  {&shop.SearchRequest{Query: "submarine"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var rsp shop.SearchResponse
			if err := catalog.Search(t.Context(), test.req, &rsp); err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, p := range rsp.GetProducts() {
				ids = append(ids, p.GetId())
			}
			if diff := cmp.Diff(test.want, ids); diff != "" {
				t.Error(diff)
			}
			if test.req.GetLimit() == 0 && int(rsp.GetTotal()) != len(ids) {
				t.Errorf("total %d, %d shown", rsp.GetTotal(), len(ids))
			}
		})
	}
	bad := &shop.SearchRequest{Price: &shop.PriceRange{Min: &shop.Money{Currency: 99}}}
	if err := catalog.Search(t.Context(), bad, new(shop.SearchResponse)); code(err) != 400 || !strings.Contains(err.Error(), "price: min") {
		t.Errorf("bad price: %v", err)
	}
}

func TestConvert(t *testing.T) {
	m := func(c shop.CurrencyCode, units int64, nanos int32) *shop.Money {
		return &shop.Money{Currency: c, Units: units, Nanos: nanos}
	}
	for name, test := range map[string]struct {
		amount *shop.Money
		to     shop.CurrencyCode
		want   *shop.Money
		err    string
	}{
		"the same":         {m(0, 1, 5), 0, m(0, 1, 5), ""},
		"to dollars":       {m(0, 100, 0), shop.CurrencyCode_USD, m(shop.CurrencyCode_USD, 108, 450_000_000), ""},
		"no coin below 1":  {m(0, 1, 0), shop.CurrencyCode_JPY, m(shop.CurrencyCode_JPY, 163, 0), ""},
		"negative":         {m(0, -1, -500_000_000), shop.CurrencyCode_JPY, m(shop.CurrencyCode_JPY, -245, 0), ""},
		"halves go up":     {m(0, 0, 10_000_000), shop.CurrencyCode_GBP, m(shop.CurrencyCode_GBP, 0, 10_000_000), ""},
		"too much":         {m(0, 1<<62, 0), shop.CurrencyCode_JPY, nil, "too large"},
		"mixed signs":      {m(0, 1, -1), shop.CurrencyCode_USD, nil, "sign"},
		"nanos over one":   {m(0, 0, 1_000_000_000), shop.CurrencyCode_USD, nil, "nanos"},
		"unknown source":   {m(9, 1, 0), 0, nil, "amount.currency"},
		"unknown currency": {m(0, 1, 0), 9, nil, "to: unknown currency 9"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := demo.Convert(test.amount, test.to)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want %q", err, test.err)
				}
				return
			}
			if diff := cmp.Diff(test.want, got, protocmp.Transform()); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestCurrencyAnswersEachAmountInTurn(t *testing.T) {
	s := &stream{ctx: t.Context(), sent: []proto.Message{
		new(shop.ConvertRequest),
		&shop.ConvertRequest{To: shop.CurrencyCode_GBP},
		&shop.ConvertRequest{Amount: &shop.Money{Units: 1, Nanos: -1}},
	}}
	err := new(demo.Currency).Convert(t.Context(), s)
	if code(err) != 400 {
		t.Errorf("the third is no amount: %v", err)
	}
	want := []proto.Message{&shop.Money{Units: 1}, &shop.Money{Currency: shop.CurrencyCode_GBP, Nanos: 850_000_000}}
	if diff := cmp.Diff(want, s.got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestCartKeepsEachUsersItems(t *testing.T) {
	cart := demo.NewCart()
	add := func(user, product string, n uint32) *shop.CartContents {
		t.Helper()
		var rsp shop.CartContents
		if err := cart.Add(t.Context(), &shop.AddItemRequest{UserId: user, ProductId: product, Quantity: n}, &rsp); err != nil {
			t.Fatal(err)
		}
		return &rsp
	}
	add("a", "desk", 2)
	add("b", "lamp", 0)
	want := &shop.CartContents{UserId: "a", Items: map[string]uint32{"desk": 3}}
	if diff := cmp.Diff(want, add("a", "desk", 1), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if got := add("b", "lamp", 4_000_000_000).GetItems()["lamp"]; got != 99 {
		t.Errorf("%d lamps: a cart takes 99", got)
	}
}

func TestCartIsBounded(t *testing.T) {
	cart := demo.NewCart()
	for i := range 50 {
		if err := cart.Add(t.Context(), &shop.AddItemRequest{UserId: "a", ProductId: fmt.Sprint(i)}, new(shop.CartContents)); err != nil {
			t.Fatal(err)
		}
	}
	if err := cart.Add(t.Context(), &shop.AddItemRequest{UserId: "a", ProductId: "one more"}, new(shop.CartContents)); code(err) != 400 {
		t.Errorf("the 51st product: %v", err)
	}
	for i := range 2000 {
		if err := cart.Add(t.Context(), &shop.AddItemRequest{UserId: fmt.Sprint("user ", i)}, new(shop.CartContents)); err != nil {
			t.Fatal(err)
		}
	}
	var guest shop.CartContents
	if err := cart.Get(t.Context(), new(shop.GetCartRequest), &guest); err != nil || len(guest.GetItems()) != 2 {
		t.Errorf("the guest's cart did not survive the crowd: %v, %v", &guest, err)
	}
}

func TestCartImportAnswersAtTheEnd(t *testing.T) {
	s := &stream{ctx: t.Context(), sent: []proto.Message{
		&shop.AddItemRequest{UserId: "a", ProductId: "desk"}, &shop.AddItemRequest{UserId: "a", ProductId: "lamp", Quantity: 2},
	}}
	if err := demo.NewCart().Import(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	want := []proto.Message{&shop.CartContents{UserId: "a", Items: map[string]uint32{"desk": 1, "lamp": 2}}}
	if diff := cmp.Diff(want, s.got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestShippingTracksUntilDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stream{ctx: t.Context(), sent: []proto.Message{&shop.TrackRequest{OrderId: "o-1", Stops: 3}}}
		if err := new(demo.Shipping).Track(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for i, m := range s.got {
			event := m.(*shop.TrackEvent)
			if event.GetOrderId() != "o-1" || int(event.GetStop()) != i+1 || event.GetDelivered() != (i == 2) {
				t.Errorf("event %d: %v", i, event)
			}
		}
		if len(s.got) != 3 {
			t.Errorf("%d events, want 3", len(s.got))
		}
	})
}

func TestShippingQuotesSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var rsp shop.QuoteResponse
		if err := new(demo.Shipping).Quote(t.Context(), &shop.QuoteRequest{Items: map[string]uint32{"desk": 2}}, &rsp); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != 400*time.Millisecond {
			t.Errorf("took %v", took)
		}
		want := &shop.Money{Units: 5, Nanos: 900_000_000}
		if diff := cmp.Diff(want, rsp.GetCost(), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFivePercentFail(t *testing.T) {
	hit := demo.OneIn(20)
	for block := range 50 {
		hits := 0
		for range 20 {
			if hit() {
				hits++
			}
		}
		if hits != 1 {
			t.Fatalf("block %d: %d of 20 fail, want 1", block, hits)
		}
	}
}

func TestBudgetIsAShareOfTheTime(t *testing.T) {
	take := demo.Budget(0.5, 100*time.Millisecond)
	now := time.Now()
	if got := take(time.Second, now); got != 0 {
		t.Errorf("nothing is saved yet, got %v", got)
	}
	spent := time.Duration(0)
	for range 100 {
		now = now.Add(10 * time.Millisecond)
		spent += take(time.Second, now)
	}
	if spent != 500*time.Millisecond {
		t.Errorf("%v of a second", spent)
	}
	if got := take(time.Second, now.Add(time.Hour)); got != 100*time.Millisecond {
		t.Errorf("an hour saves up %v", got)
	}
}

func TestRecommendRanksWhatItIsGiven(t *testing.T) {
	var rsp shop.RecommendResponse
	if err := demo.NewRecommend().For(t.Context(), &shop.RecommendRequest{UserId: "a", ProductIds: []string{"x", "y", "z"}}, &rsp); err != nil {
		t.Fatal(err)
	}
	scores := rsp.GetScores()
	if len(scores) != 3 || scores[0].GetValue() < scores[1].GetValue() || scores[1].GetValue() < scores[2].GetValue() {
		t.Errorf("scores %v", scores)
	}
}

func TestEmailPreviewsASampleBeforeTheFirstOrder(t *testing.T) {
	email := demo.NewEmail(logger.Slog(logger.NewLogger(logger.WithOutput(t.Output()))))
	var mail shop.Mail
	if err := email.Preview(t.Context(), new(shop.PreviewRequest), &mail); err != nil {
		t.Fatal(err)
	}
	if mail.GetTo() != "guest@shop.example" || !strings.Contains(string(mail.GetAttachments()["invoice.txt"]), "83.70 EUR") {
		t.Errorf("mail %v", &mail)
	}
	if err := email.Preview(t.Context(), &shop.PreviewRequest{OrderId: "o-none"}, new(shop.Mail)); code(err) != 404 {
		t.Errorf("an order that is none: %v", err)
	}
}
