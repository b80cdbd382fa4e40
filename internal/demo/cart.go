package demo

import (
	"context"
	"maps"
	"sync"

	micro "github.com/microtop/microtop/framework"
	"github.com/microtop/microtop/framework/errors"
	"github.com/microtop/microtop/framework/server"
	"github.com/microtop/microtop/internal/demo/shop"
)

const (
	// guest is the user of requests that name none.
	guest = "guest"
	// mostCarts bounds the carts that are kept; one of the others makes room for a new one.
	mostCarts = 1000
	// mostLines bounds the products in a cart.
	mostLines = 50
	// mostPieces bounds the pieces of one product in a cart.
	mostPieces = 99
	// mostImported bounds the items of one import.
	mostImported = 1000
)

// Cart keeps what each user is about to buy, in memory.
type Cart struct {
	mu    sync.Mutex
	carts map[string]map[string]uint32
}

// NewCart returns a service with one cart: the guest's.
func NewCart() *Cart {
	return &Cart{carts: map[string]map[string]uint32{guest: {"kettle": 1, "notebook": 2}}}
}

func playCart(s micro.Service) (background, error) {
	return nil, serve(s, NewCart(), "Cart", "Get")
}

// Add puts pieces of a product into the user's cart and answers with the cart. Without a product it is a kettle.
func (c *Cart) Add(_ context.Context, req *shop.AddItemRequest, rsp *shop.CartContents) error {
	if err := c.add(req); err != nil {
		return err
	}
	c.fill(req.GetUserId(), rsp)
	return nil
}

// Get answers with the user's cart; a user without one has an empty cart.
func (c *Cart) Get(_ context.Context, req *shop.GetCartRequest, rsp *shop.CartContents) error {
	c.fill(req.GetUserId(), rsp)
	return nil
}

// Import adds items as they come and answers with the last one's cart when the caller has sent all.
func (c *Cart) Import(_ context.Context, stream server.Stream) error {
	user := ""
	for range mostImported {
		req := new(shop.AddItemRequest)
		err := stream.Recv(req)
		if endOfStream(err) != nil {
			return err
		}
		if err != nil {
			rsp := new(shop.CartContents)
			c.fill(user, rsp)
			return stream.Send(rsp)
		}
		user = req.GetUserId()
		if err := c.add(req); err != nil {
			return err
		}
	}
	return errors.BadRequest("shop.cart", "an import is over after %d items: send the rest with another", mostImported)
}

func (c *Cart) add(req *shop.AddItemRequest) error {
	user, product, pieces := orElse(req.GetUserId(), guest), orElse(req.GetProductId(), "kettle"), max(req.GetQuantity(), 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	cart := c.carts[user]
	if cart == nil {
		c.makeRoom()
		cart = map[string]uint32{}
		c.carts[user] = cart
	}
	if _, known := cart[product]; !known && len(cart) >= mostLines {
		return errors.BadRequest("shop.cart", "the cart of %s is full: %d products", user, mostLines)
	}
	cart[product] = min(cart[product]+min(pieces, mostPieces), mostPieces)
	return nil
}

// makeRoom drops a cart when there are too many; the guest's stays. Called under the lock.
func (c *Cart) makeRoom() {
	for user := range c.carts {
		if len(c.carts) < mostCarts {
			return
		}
		if user != guest {
			delete(c.carts, user)
		}
	}
}

func (c *Cart) fill(user string, rsp *shop.CartContents) {
	rsp.UserId = orElse(user, guest)
	c.mu.Lock()
	defer c.mu.Unlock()
	rsp.Items = maps.Clone(c.carts[rsp.GetUserId()])
}

// orElse is text, or what stands for it when it is empty.
func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
