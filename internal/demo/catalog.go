package demo

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/internal/demo/shop"
)

const (
	// shownProducts is how many products a search shows when it names no limit.
	shownProducts = 10
	// mostProducts is the most that a search shows.
	mostProducts = 100
)

// Catalog knows the products.
type Catalog struct {
	products []*shop.Product
	byID     map[string]*shop.Product // variants too
}

// NewCatalog returns the catalogue of a release: from 1.1 on it knows the footprint of each product.
func NewCatalog(version string) *Catalog {
	c := &Catalog{byID: map[string]*shop.Product{}}
	for _, g := range goods() {
		p := g.product()
		c.products = append(c.products, p)
		for _, one := range append([]*shop.Product{p}, p.GetVariants()...) {
			c.byID[one.GetId()] = one
			if version != "1.0.0" {
				one.Attributes["footprint"] = footprint(g.weight)
			}
		}
	}
	return c
}

func footprint(kg float32) string {
	switch {
	case kg < 1:
		return "A"
	case kg < 5:
		return "B"
	default:
		return "C"
	}
}

func playCatalog(s micro.Service) (background, error) {
	return nil, serve(s, NewCatalog(s.Server().Options().Version), "Catalog", "Get", "Search")
}

// Get answers with one product or variant; without an id it is the product of the day.
func (c *Catalog) Get(_ context.Context, req *shop.GetProductRequest, rsp *shop.Product) error {
	id := req.GetId()
	if id == "" {
		id = c.products[time.Now().UTC().YearDay()%len(c.products)].GetId()
	}
	p, ok := c.byID[id]
	if !ok {
		return errors.NotFound("shop.catalog", "no product has the id %q; Catalog.Search lists them", id)
	}
	proto.Merge(rsp, p)
	return nil
}

// Search answers with the products that have the words of the query and lie in the categories and the price range.
func (c *Catalog) Search(_ context.Context, req *shop.SearchRequest, rsp *shop.SearchResponse) error {
	match, err := matcher(req)
	if err != nil {
		return err
	}
	limit := int(req.GetLimit())
	if limit == 0 {
		limit = shownProducts
	}
	limit = min(limit, mostProducts)
	rsp.ByTag = map[string]uint32{}
	for _, p := range c.products {
		if !match(p) {
			continue
		}
		rsp.Total++
		for _, tag := range p.GetTags() {
			rsp.ByTag[tag]++
		}
		if len(rsp.Products) < limit {
			rsp.Products = append(rsp.Products, p)
		}
	}
	return nil
}

func matcher(req *shop.SearchRequest) (func(*shop.Product) bool, error) {
	low, high, err := bounds(req.GetPrice())
	if err != nil {
		return nil, errors.BadRequest("shop.catalog", "price: %v", err)
	}
	words := strings.Fields(strings.ToLower(req.GetQuery()))
	return func(p *shop.Product) bool {
		text := strings.ToLower(p.GetName() + " " + p.GetDescription() + " " + strings.Join(p.GetTags(), " "))
		for _, word := range words {
			if !strings.Contains(text, word) {
				return false
			}
		}
		if len(req.GetCategories()) > 0 && !slices.Contains(req.GetCategories(), p.GetCategory()) {
			return false
		}
		return within(p.GetPrice(), low, high)
	}, nil
}
