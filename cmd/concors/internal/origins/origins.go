// Package origins says what the origin and the site of a URL are, and compares them with those of
// other URLs: same origin? same site? why not?
package origins

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// FormatVersion is the version of the Report's JSON form. It grows when a field is removed or changes
// its meaning.
const FormatVersion = 1

// A Report describes a URL, and compares it with others. As JSON it is documented in docs/origin.md.
type Report struct {
	Version int          `json:"version"` // FormatVersion
	First   Place        `json:"first"`
	Others  []Comparison `json:"others"`
}

// A Place is a URL with its origin and its site.
type Place struct {
	URL    string `json:"url"`    // as it was written, without what may be secret
	Origin string `json:"origin"` // as browsers send it; "null" if it is opaque
	// Opaque says why the origin is opaque; "" if it is not. The other parts are then "".
	Opaque string `json:"opaque,omitempty"`
	Scheme string `json:"scheme,omitempty"`
	Host   string `json:"host,omitempty"`
	// Port is 0 if the scheme has no ports. DefaultPort means that browsers omit it.
	Port        int  `json:"port,omitempty"`
	DefaultPort bool `json:"defaultPort,omitempty"`
	// Site is the scheme and the registrable domain, or the scheme and the host, if that has none. That
	// of a WebSocket's URL is the site of the request with which it begins.
	Site string `json:"site,omitempty"`
	// Secure is whether a page there is a secure context, and SecureWhy says why.
	Secure    Answer `json:"secureContext"`
	SecureWhy string `json:"secureContextWhy"`

	written string
	origin  origin.Origin
	url     *weburl.URL
}

// An Answer is yes, no, or depends.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Depends Answer = "depends"
)

// A Comparison is a URL compared with the first one.
type Comparison struct {
	Place
	SameOrigin bool `json:"sameOrigin"`
	SameSite   bool `json:"sameSite"`
	// Differs says in what the origin differs from the first one, each in a clause. If the two are the
	// same, it says in what the URLs differ.
	Differs []string `json:"differs"`
	// SiteWhy says why the sites are the same, or are not.
	SiteWhy string `json:"siteWhy"`
	// Means says what follows for a page at the first URL that requests the other one.
	Means []string `json:"means"`
}

// New returns the report on URLs, of which the first is compared with the others. The error is a
// *cli.UsageError: there is no URL, or one that cannot be parsed.
func New(urls []string) (*Report, error) {
	if len(urls) == 0 {
		return nil, cli.Usage("no URL", "write concors origin https://app.example https://api.example")
	}
	out := &Report{Version: FormatVersion, Others: []Comparison{}}
	for i, u := range urls {
		place, err := placeOf(u)
		switch {
		case err != nil:
			return nil, err
		case i == 0:
			out.First = place
		default:
			out.Others = append(out.Others, out.First.compare(place))
		}
	}
	return out, nil
}

// AllSame reports whether all URLs have the first one's origin.
func (r *Report) AllSame() bool {
	for i := range r.Others {
		if !r.Others[i].SameOrigin {
			return false
		}
	}
	return true
}

// MaxURLs is how many URLs a report has at most.
const MaxURLs = 10_000

// ReadURLs reads URLs, one a line. Empty lines and lines that begin with # are skipped. The error is a
// *cli.UsageError.
func ReadURLs(r io.Reader) ([]string, error) {
	var list []string
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(list) == MaxURLs {
			return nil, cli.Usage(fmt.Sprintf("standard input has more than %d URLs", MaxURLs), "compare fewer at a time")
		}
		list = append(list, line)
	}
	if err := lines.Err(); err != nil {
		return nil, cli.Usage("standard input: "+err.Error(), "write one URL on each line")
	}
	return list, nil
}

// placeOf parses a URL, or an origin.
func placeOf(text string) (Place, error) {
	p := Place{URL: secret.URL(text), written: text}
	if text == "null" {
		p.origin = origin.NewOpaque()
		p.Opaque = "null stands for every opaque origin, and each equals only itself"
		p.describe()
		return p, nil
	}
	if isPattern(text) {
		return p, patternError(text)
	}
	if err := cli.CheckSlashes(text); err != nil {
		return p, err
	}
	u, err := weburl.Parse(text, nil)
	if err != nil {
		return p, notURL(text, err)
	}
	if !strings.Contains(text, "://") && origin.OfPage(u).IsOpaque() && !knownOpaque[u.Scheme] {
		return p, noScheme(text) // by the URL Standard, localhost:3000 has the scheme "localhost"
	}
	p.url, p.origin = u, origin.OfPage(u)
	if p.origin.IsOpaque() {
		p.Opaque = opaqueWhy(u)
	}
	p.describe()
	return p, nil
}

// isPattern reports whether a text has a wildcard where a URL has its host.
func isPattern(text string) bool {
	_, rest, found := strings.Cut(text, "://")
	if !found {
		return strings.HasPrefix(text, "*")
	}
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		rest = rest[:i]
	}
	return strings.Contains(rest, "*")
}

// patternError says that a pattern is not a URL, with one that it allows.
func patternError(pattern string) error {
	example := strings.NewReplacer(":*", ":3000", "**", "app", "*", "app").Replace(pattern)
	if _, err := origin.Parse(example); err != nil {
		example = "https://app.example"
	}
	return cli.Usage(fmt.Sprintf("URL %s: * is a wildcard in what a server allows, and one origin is compared here", term.Quote(pattern)),
		"write an origin, such as "+term.Bounded(example))
}

// knownOpaque has the schemes whose URLs have opaque origins, or the origin of another URL.
var knownOpaque = map[string]bool{"about": true, "blob": true, "data": true, "file": true, "filesystem": true, "javascript": true, "mailto": true, "view-source": true}

func opaqueWhy(u *weburl.URL) string {
	switch u.Scheme {
	case "data":
		return "every document of a data: URL has an opaque origin of its own"
	case "file":
		return "browsers give every file an opaque origin, so two files in one folder are cross-origin too: serve them over http://localhost"
	case "blob":
		return "this blob: URL names no http: or https: origin"
	case "about":
		if u.Path == "blank" || u.Path == "srcdoc" {
			return "by itself it has an opaque origin; in a frame or window it has the origin of the page that opened it"
		}
	case "javascript":
		return "a javascript: URL runs in the page that has it, and has no origin of its own"
	}
	return "URLs of the scheme " + u.Scheme + " have an opaque origin"
}

func notURL(text string, err error) error {
	var parse *weburl.Error
	why := err.Error()
	if errors.As(err, &parse) {
		if parse.Reason == weburl.MissingScheme {
			return noScheme(text)
		}
		why, _, _ = strings.Cut(parse.Reason.Explanation(), ";")
	}
	return cli.Usage(fmt.Sprintf("URL %s: %s", term.Quote(text), why), "write a whole URL, such as https://api.example/notes")
}

func noScheme(text string) error {
	if strings.Trim(text, "/ ") == "" {
		return cli.Usage(fmt.Sprintf("URL %s: it is empty", term.Quote(text)), "write a whole URL, such as https://api.example/notes")
	}
	scheme := "https://"
	if host, _, _ := strings.Cut(text, ":"); host == "localhost" || strings.HasPrefix(host, "127.") {
		scheme = "http://"
	}
	return cli.Usage(fmt.Sprintf("URL %s: it has no scheme, and the scheme is part of the origin", term.Quote(text)),
		"write "+scheme+term.Bounded(strings.TrimLeft(text, "/")))
}

// describe fills in what follows from the origin.
func (p *Place) describe() {
	o := p.origin
	p.Origin = o.String()
	p.Secure, p.SecureWhy = secure(p)
	if o.IsOpaque() {
		return
	}
	p.Scheme, p.Host, p.Port, p.Site = o.Scheme(), o.Host(), o.Port(), requested(o).Site().String()
	p.DefaultPort = p.Port != 0 && p.Port == weburl.DefaultPort(p.Scheme)
}

// requested returns the origin of the URL that browsers request for a URL of this origin.
// A WebSocket begins with a request to the same host over http or https, and that is what
// cookies and Sec-Fetch-Site are decided by.
// https://websockets.spec.whatwg.org/#concept-websocket-establish
func requested(o origin.Origin) origin.Origin {
	scheme, isWebSocket := map[string]string{"ws": "http", "wss": "https"}[o.Scheme()]
	if !isWebSocket {
		return o
	}
	http, err := origin.New(scheme, o.Host(), o.Port())
	if err != nil {
		return o
	}
	return http
}

// secure says whether a page is a secure context.
func secure(p *Place) (Answer, string) {
	switch o := p.origin; {
	case o.IsOpaque() && p.url != nil && p.url.Scheme == "file":
		return Yes, "browsers trust local files"
	case o.IsOpaque():
		return Depends, "an opaque origin is as secure as the page that made it"
	case !o.PotentiallyTrustworthy() && weburl.DefaultPort(o.Scheme()) == 0:
		return Depends, "each browser or application decides for its own schemes"
	case o.Scheme() == "https" || o.Scheme() == "wss":
		return Yes, "TLS protects it"
	case o.PotentiallyTrustworthy():
		return Yes, "it is on this computer"
	case o.Host() == "0.0.0.0" || o.Host() == "[::]":
		return No, o.Host() + " is not a loopback address: open localhost instead"
	}
	return No, p.origin.Scheme() + " can be read and changed on the network"
}

// compare compares p, where a page is, with another place.
func (p *Place) compare(other Place) Comparison {
	c := Comparison{Place: other, Differs: []string{}, Means: []string{}}
	c.SameOrigin, c.SameSite = origin.SameOrigin(p.origin, other.origin), origin.SameSite(requested(p.origin), requested(other.origin))
	switch {
	case p.origin.IsOpaque() || other.origin.IsOpaque():
		c.Differs = append(c.Differs, opaqueDiffers(p, &other))
	case c.SameOrigin:
		if clause := p.sameDiffers(&other); clause != "" {
			c.Differs = append(c.Differs, clause)
		}
	default:
		for _, d := range origin.Differences(other.Origin, p.origin) {
			c.Differs = append(c.Differs, d.Text)
		}
	}
	c.SiteWhy = p.siteWhy(&c)
	c.Means = append(c.Means, p.means(&c)...)
	return c
}

func opaqueDiffers(p, other *Place) string {
	switch {
	case p.origin.IsOpaque() && other.origin.IsOpaque():
		return "both origins are opaque, and an opaque origin equals only itself"
	case other.origin.IsOpaque():
		return other.Opaque
	}
	return p.Opaque
}

// sameDiffers says in what two URLs of one origin differ.
func (p *Place) sameDiffers(other *Place) string {
	a, b := p.url, other.url
	switch {
	case a == nil || b == nil || p.written == other.written:
		return ""
	case a.Scheme == "blob" || b.Scheme == "blob":
		return "a blob: URL has the origin that is in it"
	case writesDefaultPort(p.written, a) != writesDefaultPort(other.written, b):
		return fmt.Sprintf("port %d is the default of %s, whether it is written or not", b.EffectivePort(), b.Scheme)
	case a.String() == b.String() && strings.EqualFold(p.written, other.written):
		return "upper and lower case do not matter in a scheme and a host"
	case a.String() == b.String():
		return "another spelling of the same URL"
	case a.Path != b.Path:
		return "only the path differs"
	case a.HasCredentials() || b.HasCredentials():
		return "the user name is not part of the origin"
	}
	return "only what follows the path differs"
}

// writesDefaultPort reports whether a URL is written with the default port of its scheme.
func writesDefaultPort(text string, u *weburl.URL) bool {
	_, rest, _ := strings.Cut(text, "://")
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		rest = rest[:i]
	}
	return u.Port == "" && strings.HasSuffix(rest, fmt.Sprintf(":%d", u.EffectivePort()))
}

// siteWhy says why two places are of one site, or are not.
func (p *Place) siteWhy(c *Comparison) string {
	a, b := requested(p.origin), requested(c.origin)
	switch {
	case c.SameOrigin:
		return "one origin is one site"
	case a.IsOpaque() || b.IsOpaque():
		return "an opaque origin is a site of its own"
	case c.SameSite && b != c.origin:
		return fmt.Sprintf("a WebSocket begins with a request over %s, so both are %s", b.Scheme(), p.Site)
	case c.SameSite:
		return "both are " + p.Site
	case origin.SchemelesslySameSite(a, b):
		return fmt.Sprintf("the scheme is part of the site: %s and %s", p.Site, c.Site)
	}
	suffix := origin.PublicSuffix(a.Host())
	if suffix != "" && suffix == origin.PublicSuffix(b.Host()) && strings.Contains(suffix, ".") {
		return fmt.Sprintf("%s is a public suffix: names below it belong to different parties", suffix)
	}
	return p.Site + " and " + c.Site
}

// means says what follows for a page at p that requests the other place.
func (p *Place) means(c *Comparison) []string {
	var out []string
	isWebSocket := c.Scheme == "ws" || c.Scheme == "wss"
	switch {
	case c.SameOrigin:
		return nil
	case c.origin.IsOpaque() && c.url != nil && c.url.Scheme == "file":
		return []string{"No page from the web can read a file."}
	case c.origin.IsOpaque():
		return []string{"A page with an opaque origin sends Origin: null, and servers cannot tell it from other sandboxed pages and files."}
	case isWebSocket:
		out = append(out, "CORS does not apply to WebSockets: the server has to compare Origin itself.")
	default:
		out = append(out, "A page on the first can read responses of the second only with CORS headers.")
		if p.origin.IsOpaque() {
			out = append(out, "It sends Origin: null. A server that allows null allows every sandboxed page and every file.")
		}
	}
	out = append(out, p.cookies(c, isWebSocket)...)
	if p.Scheme == "https" && (c.Scheme == "http" || c.Scheme == "ws") {
		out = append(out, mixedContent(c))
	}
	return out
}

// cookies says which cookies a request from p to the other place carries.
func (p *Place) cookies(c *Comparison, isWebSocket bool) []string {
	isPlain := requested(c.origin).Scheme() == "http"
	include := `with credentials: "include"`
	if isWebSocket {
		include = "with its first request"
	}
	switch {
	case c.SameSite && isPlain && c.Secure != Yes:
		return []string{"Cookies are sent " + include + ", whatever their SameSite, except those with Secure: they need https."}
	case c.SameSite:
		return []string{"Cookies are sent " + include + ", whatever their SameSite."}
	case isPlain && c.Secure != Yes:
		return []string{"Chromium sends no cookies: for another site they need SameSite=None; Secure, and those with Secure are not sent over http."}
	}
	and := " and"
	if isWebSocket {
		and = " if they have"
	}
	out := []string{"Cookies are sent only " + include + and + " SameSite=None; Secure, and not by browsers that block third-party cookies."}
	if isPlain {
		out = append(out, "Over http, cookies with Secure are sent to this computer alone, and not by Safari.")
	}
	return out
}

func mixedContent(c *Comparison) string {
	if c.Secure == Yes {
		return "The request is not mixed content in Chromium and Firefox, because it stays on this computer; Safari blocks it."
	}
	return "A page over https may not request " + c.Scheme + ": that is mixed content."
}
