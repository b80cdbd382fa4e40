package e2e_test

import "testing"

// A call is composed by form, by JSON and in $EDITOR; cancelled, repeated, compared over the nodes, and found again in
// the history.
func TestComposing(t *testing.T) {
	c := openConsole(t, 120, 36)
	fleet := c.pids()

	c.keys(":call shop.catalog Catalog.Get<enter><until GetProductRequest 20s><until ○ 20s><enter>kettle<enter><ctrl+s>")
	c.sees("200 OK", "Kettle", "●   id")
	c.keys("<ctrl+r>")
	c.sees("request as JSON", `"id": "kettle"`)
	c.keys("<ctrl+e>")
	c.sees("request as JSON", `"id": "lamp"`)
	c.keys("<ctrl+s>")
	c.sees("200 OK", "Desk lamp") // the answer; the request says lamp too
	c.keys("<ctrl+r>")
	c.sees("●   id", "lamp")
	c.keys("=")
	c.sees("the answer before")

	// On every node, and back.
	c.keys("<shift+tab>a")
	c.sees("to every node of shop.catalog?")
	c.keys("<tab><enter>")
	c.sees("nodes: 0 failed", "1.0.0", "1.1.0")
	c.keys("<esc>")

	// The history has both calls; the last one again.
	c.keys(":history<enter>")
	c.sees("OUTCOME", "Catalog.Get", "200 OK", `{"id":"lamp"}`)
	c.keys(".")
	c.sees("history ▸ call shop.catalog Catalog.Get", "200 OK", "●   id")

	// A field that the message does not have is named, and nothing is sent.
	c.keys(`:call shop.catalog Catalog.Get {"id":"kettle","colour":"red"}<enter><until GetProductRequest 20s><ctrl+s>`)
	c.sees("nothing was sent: the request does not fit", "colour: shop.GetProductRequest has no such field")
	c.keys("<esc>")

	// A slow call is cancelled at once.
	c.keys(":call shop.shipping Shipping.Quote<enter><until QuoteRequest 20s><ctrl+s><until calling 5s><esc>")
	c.sees("cancelled after")
	c.keys("<esc><esc>:services<enter>")
	c.sees("shop.ads")
	c.quits(values(fleet))
}
