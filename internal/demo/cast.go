package demo

import "time"

// part is one node of the fleet.
type part struct {
	// id tells a node from the others of the fleet, over restarts too: "shop.catalog-2".
	id      string
	service string
	version string
	// stay is how long the node serves before it leaves by itself; 0 means always.
	stay time.Duration
	// away is how long it then stays away.
	away time.Duration
}

// How the second node of shop.email flaps.
const (
	flapStay = 12 * time.Second
	flapAway = 8 * time.Second
)

// cast is the whole fleet.
func cast() []part {
	return []part{
		{id: "shop.frontend-1", service: "shop.frontend", version: "2.3.0"},
		{id: "shop.catalog-1", service: "shop.catalog", version: "1.0.0"},
		{id: "shop.catalog-2", service: "shop.catalog", version: "1.0.0"},
		{id: "shop.catalog-3", service: "shop.catalog", version: "1.1.0"},
		{id: "shop.cart-1", service: "shop.cart", version: "1.4.2"},
		{id: "shop.currency-1", service: "shop.currency", version: "1.0.3"},
		{id: "shop.checkout-1", service: "shop.checkout", version: "3.0.1"},
		{id: "shop.payment-1", service: "shop.payment", version: "2.0.0"},
		{id: "shop.shipping-1", service: "shop.shipping", version: "1.2.0"},
		{id: "shop.email-1", service: "shop.email", version: "1.1.0"},
		{id: "shop.email-2", service: "shop.email", version: "1.1.0", stay: flapStay, away: flapAway},
		{id: "shop.recommend-1", service: "shop.recommend", version: "0.9.0"},
		{id: "shop.ads-1", service: "shop.ads", version: "1.0.0"},
	}
}
