package xml_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/microtop/microtop/framework/config/encoder/encodertest"
	"github.com/microtop/microtop/framework/config/encoder/xml"
)

func TestConformance(t *testing.T) {
	encodertest.Run(t, xml.NewEncoder(), encodertest.Caps{
		Untyped: true, Broken: "<a>", Most: "<a><b>" + strings.Repeat("x", 5<<20) + "</b></a>",
		Deep: strings.Repeat("<a>", 102) + strings.Repeat("</a>", 102),
		Hostile: map[string]string{
			"deeper":            strings.Repeat("<a>", 1<<20),
			"many values":       "<a>" + strings.Repeat("<b/>", 100_001) + "</a>",
			"many attributes":   "<a" + strings.Repeat(" b=''", 100_001) + "/>",
			"a bomb":            "<!DOCTYPE a [<!ENTITY x 'xxxx'>]><a>&x;</a>",
			"an unknown entity": "<a><b>&x;</b></a>",
			"another charset":   "<?xml version='1.0' encoding='latin1'?><a><b/></a>",
			"two documents":     "<a/><a/>",
			"text outside":      "<a><b/></a>x",
			"text only":         "<a>x</a>",
			"nothing":           " ",
		},
	})
}

func TestDecode(t *testing.T) {
	const text = "\ufeff<?xml version='1.0'?><!-- c --><x:cfg xmlns:x='u' xmlns='v'>\n <db host='x' port='5432'/> <x:s>a</x:s><s>1</s><s/>" +
		"<wait unit='s'> 5 </wait><t> a<!-- c -->b </t><c><![CDATA[<&>]]></c><z>007</z><n>-1.5e3</n><y>true</y></x:cfg>"
	const want = `{"c":"\u003c\u0026\u003e","db":{"host":"x","port":5432},"n":-1.5e3,"s":["a",1,""],"t":" ab ","wait":{"#text":5,"unit":"s"},"y":true,"z":"007"}`
	var got map[string]any
	err := xml.NewEncoder().Decode([]byte(text), &got)
	out, _ := json.Marshal(got)
	if diff := cmp.Diff(want, string(out)); err != nil || diff != "" {
		t.Error(err, diff)
	}
	written, err := xml.NewEncoder().Encode(got)
	if err != nil {
		t.Fatal(err)
	}
	var again map[string]any
	err = xml.NewEncoder().Decode(written, &again)
	if diff := cmp.Diff(got, again); err != nil || diff != "" {
		t.Errorf("%v\n%s\n%s", err, written, diff)
	}
}

func TestWhatXMLCannotHoldIsNotWritten(t *testing.T) {
	for _, v := range []any{
		[]string{"x"}, map[string]any{"a b": 1}, map[string]any{"": 1}, map[string]any{"1": 1}, map[string]any{"a/><b": 1}, map[string]any{"a:b": 1},
		map[string]any{"a": "\x00"}, map[string]any{"a": [][]int{{1}}}, map[string]any{"a": []any{nil}}, map[string]any{"#text": []int{1}},
	} {
		if text, err := xml.NewEncoder().Encode(v); err == nil || !strings.HasPrefix(err.Error(), "xml: ") {
			t.Errorf("%v: %v, written as %s", v, err, text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"<a/>", "<a b='1'>x<c/>y</a>", "<a><b>1</b><b>true</b><b/></a>", "<a:b xmlns:a='c'><![CDATA[x]]></a:b>", "<a>&#0;&lt;</a>", "<!DOCTYPE a><a/>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) { encodertest.Fuzz(t, xml.NewEncoder(), text) })
}

func ExampleNewEncoder() {
	var cfg struct {
		DB struct {
			Host string `json:"host"`
			Port int    `json:"port"`
		} `json:"db"`
		Servers []string `json:"server"`
	}
	text := `<config><db host="db.local"><port>5432</port></db><server>a</server><server>b</server></config>`
	if err := xml.NewEncoder().Decode([]byte(text), &cfg); err != nil {
		fmt.Println(err)
	}
	fmt.Println(cfg.DB.Host, cfg.DB.Port, cfg.Servers)
	// Output: db.local 5432 [a b]
}
