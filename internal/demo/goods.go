package demo

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/microtop/microtop/internal/demo/shop"
)

// good is one line of the shop's range. The price is in euro cents.
type good struct {
	id, name, description string
	cents                 int64
	category              shop.Category
	tags                  []string
	material              string
	size                  [3]float64 // cm
	weight                float32    // kg
	colours               []string   // each is a variant
	stock                 *shop.Stock
}

// available is stock at hand.
func available(n uint32) *shop.Stock { return &shop.Stock{State: &shop.Stock_Available{Available: n}} }

// backorder is stock that a supplier still has to send.
func backorder(wait time.Duration, supplier string) *shop.Stock {
	return &shop.Stock{State: &shop.Stock_Backorder{Backorder: &shop.Backorder{Wait: durationpb.New(wait), Supplier: proto.String(supplier)}}}
}

// discontinued is stock that will not come again.
func discontinued() *shop.Stock {
	return &shop.Stock{State: &shop.Stock_Discontinued{Discontinued: true}}
}

// goods is the range of the shop, in the order in which it is shown.
func goods() []good {
	const day = 24 * time.Hour
	return []good{
		{"kettle", "Kettle", "Boils a litre in three minutes.", 4990, shop.Category_CATEGORY_KITCHEN, []string{"tea", "steel"}, "steel", [3]float64{22, 24, 16}, 1.2, []string{"black", "cream"}, available(42)},
		{"teapot", "Teapot", "Keeps its warmth and does not drip.", 3450, shop.Category_CATEGORY_KITCHEN, []string{"tea", "ceramic"}, "ceramic", [3]float64{21, 14, 14}, 0.9, nil, available(17)},
		{"grinder", "Coffee grinder", "Forty steps from espresso to press.", 12900, shop.Category_CATEGORY_KITCHEN, []string{"coffee", "steel"}, "steel", [3]float64{13, 34, 19}, 3.1, nil, backorder(5*day, "Mahlwerk Nord")},
		{"skillet", "Skillet", "Cast iron, seasoned, for a lifetime.", 5900, shop.Category_CATEGORY_KITCHEN, []string{"iron"}, "iron", [3]float64{42, 5, 26}, 2.4, nil, available(8)},
		{"knife", "Paring knife", "Short, light and very sharp.", 1890, shop.Category_CATEGORY_KITCHEN, []string{"steel"}, "steel", [3]float64{20, 2, 3}, 0.1, []string{"red", "black", "beech"}, available(120)},
		{"hose", "Garden hose", "Twenty metres that do not kink.", 3990, shop.Category_CATEGORY_GARDEN, []string{"water"}, "rubber", [3]float64{40, 40, 18}, 3.6, nil, available(31)},
		{"trowel", "Trowel", "Forged in one piece.", 1490, shop.Category_CATEGORY_GARDEN, []string{"steel", "tool"}, "steel", [3]float64{8, 32, 5}, 0.4, nil, available(64)},
		{"lantern", "Lantern", "Charges in the sun, lights the path until morning.", 2790, shop.Category_CATEGORY_GARDEN, []string{"light", "solar"}, "glass", [3]float64{12, 28, 12}, 0.7, []string{"brass", "zinc"}, backorder(12*day, "Lichtwerk")},
		{"desk", "Standing desk", "Goes up and down without a sound.", 64900, shop.Category_CATEGORY_OFFICE, []string{"wood", "desk"}, "oak", [3]float64{160, 125, 80}, 38, []string{"oak", "walnut"}, available(5)},
		{"lamp", "Desk lamp", "One arm, one joint, warm light.", 8900, shop.Category_CATEGORY_OFFICE, []string{"light", "desk"}, "aluminium", [3]float64{20, 60, 20}, 1.8, nil, available(23)},
		{"notebook", "Notebook", "Dotted pages that lie flat.", 1690, shop.Category_CATEGORY_OFFICE, []string{"paper"}, "paper", [3]float64{15, 21, 2}, 0.3, []string{"blue", "grey", "green"}, available(310)},
		{"typewriter", "Typewriter", "Overhauled, with a fresh ribbon.", 24900, shop.Category_CATEGORY_OFFICE, []string{"paper", "steel"}, "steel", [3]float64{32, 13, 33}, 6.5, nil, discontinued()},
	}
}

// product is the message of a good, with its variants.
func (g good) product() *shop.Product {
	p := g.variant("")
	for _, colour := range g.colours {
		p.Variants = append(p.Variants, g.variant(colour))
	}
	return p
}

// variant is the good in one colour; "" is the good itself.
func (g good) variant(colour string) *shop.Product {
	id, name := g.id, g.name
	attributes := map[string]string{"material": g.material, "warranty": "2 years"}
	if colour != "" {
		id, name = g.id+"-"+colour, g.name+", "+colour
		attributes["colour"] = colour
	}
	return &shop.Product{
		Id: id, Name: name, Description: g.description, Price: euros(g.cents), Tags: g.tags, Attributes: attributes,
		Category:   g.category,
		Dimensions: &shop.Dimensions{WidthCm: g.size[0], HeightCm: g.size[1], DepthCm: g.size[2], WeightKg: g.weight},
		Thumbnail:  thumbnail(id),
		Added:      timestamppb.New(added(id)),
		Stock:      g.stock,
	}
}

// added is a day of the shop's first year, always the same for an id.
func added(id string) time.Time {
	return time.Date(2025, 1, 1, 9, 0, 0, 0, time.UTC).AddDate(0, 0, int(hash(id)%365))
}

// thumbnail is a small PNG in the id's own colour.
func thumbnail(id string) []byte {
	h := hash(id)
	shade := color.RGBA{R: uint8(h), G: uint8(h >> 8), B: uint8(h >> 16), A: 255} //nolint:gosec // the low bytes are what is wanted
	picture := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{shade})
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil // a buffer takes every write, so there is no such error
	}
	return out.Bytes()
}

func hash(text string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum32()
}
