package stacks

import (
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

// A Detection is what one response header says about the server.
type Detection struct {
	Header  string // its name in canonical form
	Product string // "" if the header's value names no known product
	Stack   string // the name of the product's stack, "" if there is none
	Proxy   bool   // the product usually stands in front of an application
	Edge    bool   // and in front of other proxies
}

// Detect reads a response header. ok is false for headers that don't identify software.
func Detect(header, value string) (d Detection, ok bool) {
	signatures := signatures()
	for _, s := range signatures {
		if s.Header != "" && strings.EqualFold(header, s.Header) && (s.Word == "" || strings.EqualFold(value, s.Word)) {
			return Detection{s.Header, s.Product, s.stack, s.Proxy, s.Edge}, true
		}
	}
	i := slices.IndexFunc(softwareHeaders, func(h softwareHeader) bool { return strings.EqualFold(header, h.name) })
	if i < 0 {
		return Detection{}, false
	}
	d = Detection{Header: softwareHeaders[i].name, Proxy: softwareHeaders[i].proxy}
	// The first product in the value decides, and of two that begin alike, the longer.
	at, length := len(value)+1, 0
	for _, s := range signatures {
		j := indexWord(strings.ToLower(value), s.Word)
		if s.Header == "" && j >= 0 && (j < at || j == at && len(s.Word) > length) {
			at, length = j, len(s.Word)
			d.Product, d.Stack, d.Proxy, d.Edge = s.Product, s.stack, s.Proxy || softwareHeaders[i].proxy, s.Edge
		}
	}
	return d, true
}

type softwareHeader struct {
	name  string
	proxy bool // only proxies send it
}

// softwareHeaders are headers whose values name software.
var softwareHeaders = []softwareHeader{{"Server", false}, {"Via", true}, {"X-Powered-By", false}}

type signature struct {
	recipe.Signature
	stack string
}

// signatures returns the signatures of all stacks, and of products that have no stack.
func signatures() (out []signature) {
	for _, s := range append(All(), Shorts()...) {
		for _, of := range s.Signatures {
			out = append(out, signature{of, s.Name})
		}
	}
	for _, of := range []recipe.Signature{
		{Product: "Cloudflare", Word: "cloudflare", Proxy: true},
		{Product: "Cloudflare", Header: "Cf-Ray", Proxy: true},
		{Product: "Varnish", Word: "varnish", Proxy: true},
		{Product: "Azure Front Door", Header: "X-Azure-Ref", Proxy: true},
		{Product: "IIS", Word: "microsoft-iis", Proxy: true},
		{Product: "ASP.NET", Word: "asp.net"}, // not ASP.NET Core, which does not send this word
		{Product: "ASP.NET", Header: "X-AspNet-Version"},
		{Product: "Gunicorn", Word: "gunicorn"},
		{Product: "Uvicorn", Word: "uvicorn"},
	} {
		out = append(out, signature{of, ""})
	}
	return out
}

// indexWord returns the index of a word that begins a value or follows a space, or -1.
func indexWord(value, word string) int {
	switch {
	case word == "":
		return -1
	case strings.HasPrefix(value, word):
		return 0
	}
	return strings.Index(value, " "+word)
}
