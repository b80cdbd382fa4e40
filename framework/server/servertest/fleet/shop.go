package fleet

import (
	"context"
	"time"

	"github.com/microtop/microtop/framework/server"
)

// Audit is embedded in Order.
type Audit struct {
	By string `json:"by"`
}

// Zip is at the deepest level that is registered.
type Zip struct {
	Code string `json:"code"`
}

// Address is below Order.
type Address struct {
	Street string `json:"street"`
	Zip    *Zip   `json:"zip"`
}

// Item is the element of lists.
type Item struct {
	Sku   string  `json:"sku"`
	Price float64 `json:"price"`
}

// Order has a field of each kind that the extraction of value trees treats in its own way (docs/wire.md §6.3).
type Order struct {
	Audit

	ID       string            `json:"id"`
	Count    int64             `json:"count"`
	Paid     bool              `json:",omitempty"`
	Address  *Address          `json:"address"`
	Items    []Item            `json:"items"`
	PtrItems []*Item           `json:"ptr_items"`
	Matrix   [][]int           `json:"matrix"`
	Names    []string          `json:"names"`
	Labels   map[string]string `json:"labels"`
	ByID     map[string]*Item  `json:"by_id"`
	Raw      []byte            `json:"raw"`
	Any      any               `json:"any"`
	When     time.Time         `json:"when"`
	Arr      [2]int            `json:"arr"`
	PtrInt   *int              `json:"ptr_int"`
	NoTag    uint16            //nolint:musttag // registered under its type's name
	Hidden   string            `json:"-"`
	Fn       func()            `json:"fn"`
	Self     *Order            `json:"self"`
}

// Receipt answers Buy.
type Receipt struct {
	ID      string            `json:"id"`
	Items   []Item            `json:"items"`
	Labels  map[string]string `json:"labels"`
	Address *Address          `json:"address"`
	Total   float64           `json:"total"`
}

// Broken cannot be encoded.
type Broken struct {
	C chan int `json:"c"`
}

// Shop has handlers of plain Go types.
type Shop struct{}

// Buy adds up the prices.
func (*Shop) Buy(_ context.Context, req *Order, rsp *Receipt) error {
	*rsp = Receipt{ID: req.ID, Items: req.Items, Labels: req.Labels, Address: req.Address}
	for _, item := range req.Items {
		rsp.Total += item.Price
	}
	return nil
}

// ByValue takes its request as a value and answers with a builtin type.
func (*Shop) ByValue(_ context.Context, req Item, rsp *string) error {
	*rsp = req.Sku
	return nil
}

// Lists takes a list and answers with a map.
func (*Shop) Lists(_ context.Context, req []string, rsp *map[string]int) error {
	for _, name := range req {
		(*rsp)[name]++
	}
	return nil
}

// Unencodable answers with what cannot be encoded.
func (*Shop) Unencodable(_ context.Context, _ *Item, _ *Broken) error { return nil }

// Watch is a stream of plain Go types.
func (*Shop) Watch(_ context.Context, stream server.Stream) error {
	var item Item
	if err := stream.Recv(&item); err != nil {
		return err
	}
	return stream.Send(&item)
}
