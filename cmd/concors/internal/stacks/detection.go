package stacks

import (
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

// A Detection is what one response header says about the server.
type Detection struct {
	Header  string // its name in canonical form
	Value   string // what identifies: the header's value, or the name of a cookie with =
	Product string // "" if the header's value names no known product
	Stack   string // the name of the product's stack, "" if there is none
	Proxy   bool   // the product usually stands in front of an application
	Edge    bool   // and in front of other proxies
	On      string // the product that this one runs on, or ""
	Runs    string // a sentence about the applications that it may run, or ""
}

func (s signature) detection(header, value string) Detection {
	return Detection{header, value, s.Product, s.stack, s.Proxy, s.Edge, s.On, s.Runs}
}

// Detect reads a response header. ok is false for headers that don't identify software.
func Detect(header, value string) (d Detection, ok bool) {
	signatures := signatures()
	for _, s := range signatures {
		switch name, fits := s.cookie(value); {
		case s.Header == "" || !strings.EqualFold(header, s.Header) || s.Word != "" && !strings.EqualFold(value, s.Word):
		case s.Cookie == "":
			return s.detection(s.Header, value), true
		case fits:
			return s.detection(s.Header, name+"="), true
		}
	}
	i := slices.IndexFunc(softwareHeaders, func(h softwareHeader) bool { return strings.EqualFold(header, h.name) })
	if i < 0 {
		return Detection{}, false
	}
	d = Detection{Header: softwareHeaders[i].name, Value: value, Proxy: softwareHeaders[i].proxy}
	// The first product in the value decides, and of two that begin alike, the longer.
	at, length := len(value)+1, 0
	for _, s := range signatures {
		j := indexWord(strings.ToLower(value), s.Word)
		if s.Header == "" && j >= 0 && (j < at || j == at && len(s.Word) > length) {
			at, length = j, len(s.Word)
			d = s.detection(d.Header, value)
			d.Proxy = d.Proxy || softwareHeaders[i].proxy
		}
	}
	return d, true
}

// cookie reports whether the value of a Set-Cookie header is the signature's cookie, and
// returns its name.
func (s signature) cookie(value string) (name string, ok bool) {
	name, content, found := strings.Cut(value, "=")
	name = strings.TrimSpace(name)
	if end, anyStart := strings.CutPrefix(s.Cookie, "*"); anyStart {
		ok = strings.HasSuffix(name, end)
	} else {
		ok = name == s.Cookie
	}
	return name, found && ok && s.Cookie != "" && strings.HasPrefix(content, s.CookieValue)
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
		{Product: "Gunicorn", Word: "gunicorn", Runs: "Gunicorn runs any WSGI application: add --for flask if yours is Flask, --for django if it is Django."},
		{Product: "Uvicorn", Word: "uvicorn", Runs: "Uvicorn runs any ASGI application: " + asgi},
		{Product: "Hypercorn", Word: "hypercorn-h11", Runs: "Hypercorn runs any ASGI application: " + asgi},
		{Product: "Hypercorn", Word: "hypercorn-h2", Runs: "Hypercorn runs any ASGI application: " + asgi},
		{Product: "Daphne", Word: "daphne", Runs: "Daphne runs any ASGI application: " + asgi},
	} {
		out = append(out, signature{of, ""})
	}
	return out
}

const asgi = "add --for fastapi if yours is FastAPI or Starlette, --for django if it is Django."

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
