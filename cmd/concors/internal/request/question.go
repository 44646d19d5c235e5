package request

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/internal/entry"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Question is one request and the page that makes it, in the words of the
// command line. Except for URL and From, the zero value of every field means what
// a plain fetch(url) means.
type Question struct {
	URL  string
	From string // the page's origin, or "null" for a sandboxed page

	Method string   // GET, or POST if there is Data
	Header []string // "Name: value"
	Data   *string  // a string body; nil for none

	Mode        string // cors, no-cors or same-origin
	Credentials string // omit, same-origin or include
	Redirect    string // follow, error or manual

	// Referrer is fetch()'s option: "no-referrer", or a URL of the
	// page's own origin. "" is the page's URL.
	Referrer, ReferrerPolicy string

	// XHR uses XMLHttpRequest instead of fetch(), and UploadListener gives its
	// upload object an event listener.
	XHR, UploadListener bool

	// Resource makes the request as an element does: one of [fetch.ElementKinds].
	// CrossOrigin is the element's crossorigin attribute.
	Resource, CrossOrigin string

	As string // chromium, firefox, webkit, standard or all; "" is chromium

	// Cookies are Set-Cookie values, stored before the request as if the
	// server had set them on an earlier visit.
	Cookies []string

	// PageSpace is where the page was loaded from: public, local or loopback. "" is
	// what the host of From suggests; see assumedSpace.
	PageSpace      string
	EmbedderPolicy string // the page's Cross-Origin-Embedder-Policy

	Timeout  time.Duration // of each browser's fetch; 0 is 30 seconds
	Insecure bool          // do not verify certificates
	CACert   string        // a PEM file of additional certificate authorities
	Resolve  []string      // "host:port:address"
	NoProxy  bool          // ignore the proxies that the environment names

	// Dial, if set, makes every connection.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Transport, if set, replaces the network: it simulates a server.
	Transport http.RoundTripper

	// Progress, if set, is called before each wait with what is waited for.
	Progress func(what string)
}

// BrowserNames lists the values of Question.As, except "all".
func BrowserNames() []string { return []string{"chromium", "firefox", "webkit", "standard"} }

// A plan is a validated Question.
type plan struct {
	page     fetch.Page
	origin   origin.Origin
	target   *weburl.URL
	request  fetch.Request
	profiles []fetch.Profile
	roots    *x509.CertPool
	resolve  map[string]string // "host:port" to "address:port"
	assumed  bool              // the page's address space was not given
}

// NewPage returns a page on an origin. "null" is a sandboxed page: its URL is not
// sent, but it must have one. It is plain http, because a sandboxed https page may not
// request plain http in every browser, and nothing says that this one came over https.
func NewPage(origin string) *fetch.Page {
	if origin == "null" {
		return &fetch.Page{URL: "http://sandboxed.invalid/", Sandboxed: true}
	}
	return &fetch.Page{URL: origin + "/"}
}

// ParseFrom parses the value of --from, the origin of a page: an http: or https:
// origin, one of an application or extension, or null. The error is a
// *cli.UsageError.
func ParseFrom(from string) (origin.Origin, error) {
	if from == "null" {
		return origin.Origin{}, nil
	}
	invalid := func(problem, hint string) (origin.Origin, error) {
		return origin.Origin{}, cli.Usage(fmt.Sprintf("--from %s: %s", term.Quote(from), problem), hint)
	}
	port, notPort := strconv.ParseUint(from, 10, 16)
	mistake, isMistake := entry.Find(from, func(parts []string) bool { return len(parts) > 1 })
	o, err := origin.Parse(from)
	meant, isScheme := withWholeScheme(from)
	switch {
	case isScheme && meant == "":
		return invalid("it has a scheme, and no host", "write --from https://app.example, or --from null for a sandboxed page")
	case isScheme:
		return invalid("its scheme is not written as in https://", "write --from "+term.Bounded(meant))
	case strings.HasPrefix(field.Lower(from), "file:"):
		return invalid("a page that was opened from a file has the origin null",
			"serve it over http://localhost and write that origin, or write --from null")
	case notPort == nil:
		return invalid("that is a port, not an origin", fmt.Sprintf("write --from http://localhost:%d", port))
	case strings.Contains(from, "*"):
		return invalid("a page has one origin, without a wildcard: that is for what a server allows",
			"write the page's origin, such as --from "+term.Bounded(withoutWildcard(from)))
	case isMistake && len(mistake.Values) > 1:
		return invalid("a page has one origin", "write one of them: --from "+term.Bounded(mistake.Values[0]))
	case isMistake && len(mistake.Values) == 1:
		return invalid(mistake.Problem, "write --from "+term.Bounded(mistake.Values[0]))
	case isMistake || from == "undefined":
		return invalid("that is not an origin: a variable has no value", "write --from https://app.example, or --from null for a sandboxed page")
	case err != nil:
		return o, originError(from, err)
	case !o.IsPage() || mistypedScheme(from) != "":
		if scheme := mistypedScheme(from); scheme != "" {
			return invalid("no page has that scheme", "write --from "+scheme+term.Bounded(from[strings.Index(from, ":"):]))
		}
		return invalid("no page has that origin",
			"write an origin of http:// or https://, that of an app such as capacitor://localhost, or null")
	case strings.HasSuffix(from, ":0"):
		return invalid("browsers load no page from port 0", "write a port from 1 to 65535")
	}
	return o, nil
}

// brokenScheme fits a scheme, what stands in place of ://, and the rest.
var brokenScheme = regexp.MustCompile(`^(?i)([a-z]{2,6})(:[/\\]*|;[/\\]*|[/\\]{2,})(.*)$`)

// withWholeScheme returns the origin that a text is meant to be whose scheme is http or
// https, misspelled or not followed by ://, or is written twice. meant is "" if nothing
// follows the scheme.
func withWholeScheme(text string) (meant string, ok bool) {
	rest, scheme, schemes := text, "", 0
	for ; schemes < 4; schemes++ {
		m := brokenScheme.FindStringSubmatch(rest)
		if m == nil || schemes > 0 && !strings.ContainsAny(m[2], `/\`) { // a host with that name, and a port
			break
		}
		name := field.Lower(m[1])
		if name != "http" && name != "https" {
			name = mistypedScheme(name)
		}
		if name == "" {
			break
		}
		scheme, rest = name, m[3]
	}
	isWhole := strings.HasPrefix(field.Lower(text), scheme+"://") && schemes == 1
	switch {
	case schemes == 0, isWhole && rest != "":
		return "", false
	case rest == "":
		return "", true
	}
	o, err := origin.FromURL(scheme + "://" + rest)
	if err != nil || o.IsOpaque() {
		return "", false
	}
	return o.String(), true
}

// Validate returns the first error that [Run] would return. From may be empty.
func (q Question) Validate() error {
	if q.From == "" {
		q.From = "null"
	}
	_, err := q.plan()
	return err
}

// mistypedScheme returns http or https if the scheme of a URL is one with a typing
// mistake, and "" otherwise.
func mistypedScheme(url string) string {
	scheme, _, _ := strings.Cut(url, ":")
	if near := cli.Nearest(scheme, []string{"https", "http"}, nil); len(near) > 0 && near[0] != scheme {
		return near[0]
	}
	return ""
}

// withoutWildcard returns an origin that a pattern allows, or an example.
func withoutWildcard(pattern string) string {
	if example := strings.ReplaceAll(strings.ReplaceAll(pattern, "**", "*"), "*", "app"); pattern != "*" {
		if _, err := origin.Parse(example); err == nil {
			return example
		}
	}
	return "https://app.example"
}

// plan validates everything and returns the first error.
func (q *Question) plan() (*plan, error) {
	p := &plan{}
	steps := []func(*plan) error{q.planURL, q.planPage, q.planRequest, q.planBrowsers, q.planNetwork}
	for _, step := range steps {
		if err := step(p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// HasValidURL reports whether the question has a URL that browsers fetch.
func (q *Question) HasValidURL() bool { return q.planURL(&plan{}) == nil }

func (q *Question) planURL(p *plan) error {
	if err := cli.CheckSlashes(q.URL); err != nil {
		return err
	}
	u, err := weburl.Parse(q.URL, nil)
	if err != nil {
		return urlError(q.URL, err)
	}
	switch u.Scheme {
	case "http", "https", "data", "file", "ftp", "ws", "wss", "about", "blob":
	default:
		problem := fmt.Sprintf("URL %s: %s is not a scheme that browsers fetch", term.Quote(q.URL), term.Quote(u.Scheme+":"))
		if scheme := mistypedScheme(q.URL); scheme != "" {
			rest := strings.TrimLeft(q.URL[strings.Index(q.URL, ":")+1:], "/")
			if rest == "" {
				return cli.Usage(problem, "write a whole URL, such as https://api.example/notes")
			}
			return cli.Usage(problem, "write "+scheme+"://"+term.Bounded(rest))
		}
		// "localhost:3000" is, by the URL Standard, a URL of scheme "localhost".
		return cli.Usage(problem, "write http://"+term.Bounded(q.URL)+" (or https://)")
	}
	p.target = u
	return nil
}

// urlError explains why a text is not a URL.
func urlError(text string, err error) error {
	problem := func(why string) string { return fmt.Sprintf("URL %s: %s", term.Quote(text), why) }
	var parse *weburl.Error
	if !errors.As(err, &parse) {
		return cli.Usage(problem(err.Error()), "write a whole URL, such as https://api.example/notes")
	}
	why, _, _ := strings.Cut(parse.Reason.Explanation(), ";")
	hint := "write a whole URL, such as https://api.example/notes"
	switch parse.Reason {
	case weburl.PortOutOfRange:
		hint = "write a port from 1 to 65535, or none"
	case weburl.MissingScheme:
		why, hint = missingScheme(text)
	}
	return cli.Usage(problem(why), hint)
}

// missingScheme explains a URL without a scheme, and says what to write.
func missingScheme(text string) (problem, hint string) {
	bare := strings.TrimLeft(text, "/")
	scheme, rest, slashes := strings.Cut(bare, "//")
	switch {
	case text == "":
		return "it is empty", "write a whole URL, such as https://api.example/notes"
	case strings.HasPrefix(text, ".") || strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//"):
		path := strings.TrimLeft(text, "./")
		return "it is a path alone, and it is not known on which server", "write the whole URL, such as https://api.example/" + term.Bounded(path)
	case slashes && (scheme == "https" || scheme == "http"):
		return "the colon after its scheme is missing", "write " + scheme + "://" + term.Bounded(rest)
	}
	for _, scheme := range []string{"http", "https"} {
		u, err := weburl.Parse(scheme+"://"+bare, nil)
		if err == nil && (scheme == "https" || isLocal(u)) {
			return "it has no scheme", "write " + scheme + "://" + term.Bounded(bare) + " (or " + map[string]string{"http": "https", "https": "http"}[scheme] + "://)"
		}
	}
	return "it has no scheme", "write a whole URL, such as https://api.example/notes"
}

func (q *Question) planPage(p *plan) error {
	if q.From == "" {
		return cli.Usage("no --from: the result depends on which page makes the request",
			"write --from https://app.example (the page's origin), or --from null for a sandboxed page")
	}
	var err error
	if p.origin, err = ParseFrom(q.From); err != nil {
		return err
	}
	p.page = *NewPage(q.From)
	switch fetch.AddressSpace(q.PageSpace) {
	case "":
	case fetch.SpacePublic, fetch.SpaceLocal, fetch.SpaceLoopback:
		p.page.AddressSpace = fetch.AddressSpace(q.PageSpace)
	default:
		return pageSpaceChoice.Unknown(q.PageSpace)
	}
	switch fetch.EmbedderPolicy(q.EmbedderPolicy) {
	case "", fetch.UnsafeNone, fetch.RequireCORP, fetch.Credentialless:
		p.page.EmbedderPolicy = fetch.EmbedderPolicy(q.EmbedderPolicy)
	default:
		return embedderPolicyChoice.Unknown(q.EmbedderPolicy)
	}
	return nil
}

func originError(from string, err error) error {
	var parse *origin.ParseError
	if !errors.As(err, &parse) {
		return cli.Usage(fmt.Sprintf("--from %s: %v", term.Quote(from), err), "write --from https://app.example")
	}
	hint := "write --from https://app.example, or --from null for a sandboxed page"
	if s := parse.Suggestion(); s != "" {
		if u, err := weburl.Parse("http://"+from, nil); err == nil && parse.Reason == origin.MissingScheme && isLocal(u) {
			s = origin.Of(u).String()
		}
		hint = "write --from " + term.Bounded(s)
	}
	problem, _, _ := strings.Cut(parse.Reason.Explanation(), ";")
	if parse.Reason == origin.NotOnlyOrigin {
		problem = "an origin ends with its host and port: no path, not even /"
	}
	return cli.Usage(fmt.Sprintf("--from %s: %s", term.Quote(from), problem), hint)
}

func (q *Question) planRequest(p *plan) error {
	header, err := parseHeaders(q.Header)
	if err != nil {
		return err
	}
	method := q.Method
	if method == "" && q.Data != nil {
		method = "POST"
	}
	if method != "" && !field.IsToken(method) {
		return cli.Usage(fmt.Sprintf("-X %s: not a method: it must be one word", term.Quote(method)), "write -X PUT")
	}
	var body *fetch.Body
	if q.Data != nil {
		body = fetch.TextBody(*q.Data)
	}
	if q.UploadListener && !q.XHR {
		return cli.Usage("--upload-listener: only XMLHttpRequest has an upload object", "add --xhr")
	}
	if q.CrossOrigin != "" && q.Resource == "" {
		return cli.Usage("--crossorigin: only elements have that attribute",
			"add --resource img, or write --credentials include")
	}
	for _, option := range []struct {
		choice cli.Choice
		value  string
	}{
		{modeChoice, q.Mode}, {credentialsChoice, q.Credentials}, {redirectChoice, q.Redirect},
		{referrerPolicyChoice, q.ReferrerPolicy}, {crossOriginChoice, q.CrossOrigin}, {resourceChoice, q.Resource},
	} {
		if option.value != "" && !slices.Contains(option.choice.Values, option.value) {
			return option.choice.Unknown(option.value)
		}
	}
	switch {
	case q.Resource != "":
		return q.planElement(p)
	case q.XHR:
		if q.Mode != "" || q.Redirect != "" {
			return cli.Usage("--xhr: XMLHttpRequest always uses mode cors and follows redirects",
				"omit --mode and --redirect, or omit --xhr to use fetch()")
		}
		if q.Referrer != "" || q.ReferrerPolicy != "" {
			return cli.Usage("--xhr: XMLHttpRequest has the page's referrer and its policy",
				"omit --referrer and --referrer-policy, or omit --xhr to use fetch()")
		}
		if q.Credentials == "omit" {
			return cli.Usage("--credentials omit: XMLHttpRequest does not have that mode",
				"write same-origin, or include for withCredentials")
		}
		p.request = *fetch.XHR{Method: method, URL: q.URL, Header: header, Body: body,
			WithCredentials: q.Credentials == "include", UploadListener: q.UploadListener}.Request(&p.page)
	default:
		p.request = fetch.Request{Page: &p.page, URL: q.URL, Method: method, Header: header, Body: body,
			Mode: fetch.Mode(q.Mode), Credentials: fetch.Credentials(q.Credentials),
			Redirect: fetch.Redirect(q.Redirect), Referrer: q.Referrer, ReferrerPolicy: fetch.ReferrerPolicy(q.ReferrerPolicy)}
	}
	return nil
}

// referrerPolicies lists the policies of https://w3c.github.io/webappsec-referrer-policy/#referrer-policy.
var referrerPolicies = []string{
	string(fetch.NoReferrer), string(fetch.NoReferrerWhenDowngrade), string(fetch.SameOriginReferrer),
	string(fetch.OriginReferrer), string(fetch.StrictOrigin), string(fetch.OriginWhenCrossOrigin),
	string(fetch.StrictOriginWhenCrossOrigin), string(fetch.UnsafeURL),
}

func (q *Question) planElement(p *plan) error {
	for _, clash := range []struct {
		set  bool
		flag string
	}{
		{q.Method != "", "-X"}, {len(q.Header) > 0, "-H"}, {q.Data != nil, "-d"}, {q.Mode != "", "--mode"},
		{q.Credentials != "", "--credentials"}, {q.Redirect != "", "--redirect"}, {q.XHR, "--xhr"},
		{q.Referrer != "", "--referrer"}, {q.ReferrerPolicy != "", "--referrer-policy"},
	} {
		if clash.set {
			return cli.Usage(fmt.Sprintf("%s and --resource: an element decides that itself", clash.flag),
				"omit one of them; the only choice that an element has is --crossorigin")
		}
	}
	element := fetch.Element{Kind: q.Resource, URL: q.URL, CrossOrigin: fetch.CrossOrigin(q.CrossOrigin)}
	r, err := element.Request(&p.page)
	if err != nil {
		return cli.Usage("--resource "+err.Error(), "write --resource img")
	}
	p.request = *r
	return nil
}

// parseHeaders parses "Name: value" lines as curl does.
func parseHeaders(lines []string) (fetch.HeaderList, error) {
	var list fetch.HeaderList
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		switch value = strings.Trim(value, " \t"); {
		case !found && strings.Contains(line, " ") && field.IsToken(line[:strings.Index(line, " ")]):
			name, value, _ = strings.Cut(line, " ")
			return nil, cli.Usage(fmt.Sprintf("-H %s: a header has a colon between its name and its value", term.Quote(name)),
				"write -H '"+name+": "+term.Bounded(secret.Uniform().Header(name, strings.TrimSpace(value)))+"'")
		case !found:
			return nil, cli.Usage(fmt.Sprintf("-H %s: a header has a colon between its name and its value", term.Quote(line)),
				"write -H 'X-Name: value'")
		case !field.IsToken(name):
			return nil, cli.Usage(fmt.Sprintf("-H %s: invalid header name %s", term.Quote(line), term.Quote(name)),
				"write letters, digits and - before the colon, as in -H 'X-Name: value'")
		case !field.ValidValue(value):
			return nil, cli.Usage(fmt.Sprintf("-H %s: the value has a line break or a zero byte in it", term.Quote(line)),
				"write one header to each -H")
		}
		list.Append(name, value)
	}
	return list, nil
}

func (q *Question) planBrowsers(p *plan) error {
	switch as, _ := Browser(q.As); as {
	case "":
		p.profiles = []fetch.Profile{fetch.Chromium}
	case "all":
		for _, name := range BrowserNames() {
			p.profiles = append(p.profiles, profiles[name])
		}
	default:
		profile, ok := profiles[as]
		if !ok {
			return unknownBrowser(q.As)
		}
		p.profiles = []fetch.Profile{profile}
	}
	return nil
}

func (q *Question) planNetwork(p *plan) error {
	if q.Timeout < 0 {
		return cli.Usage(fmt.Sprintf("--timeout %v: it is negative", q.Timeout), "write --timeout 10s")
	}
	if q.CACert != "" {
		if q.Insecure {
			return cli.Usage("--insecure and --cacert: with --insecure no certificate is verified",
				"omit --insecure")
		}
		pem, err := os.ReadFile(q.CACert)
		if err != nil {
			return cli.Usage("--cacert: "+err.Error(), "write the path of a PEM file")
		}
		if p.roots, err = x509.SystemCertPool(); err != nil {
			p.roots = x509.NewCertPool()
		}
		if !p.roots.AppendCertsFromPEM(pem) {
			return cli.Usage(fmt.Sprintf("--cacert %s: the file contains no certificate", term.Quote(q.CACert)),
				"write the path of a PEM file (-----BEGIN CERTIFICATE-----)")
		}
	}
	p.resolve = make(map[string]string)
	if q.PageSpace == "" {
		q.assumeSpace(p)
	}
	for _, entry := range q.Resolve {
		wrong := cli.Usage(fmt.Sprintf("--resolve %s: not of the form host:port:address", term.Quote(entry)),
			"write --resolve api.example:443:127.0.0.1")
		host, rest, _ := strings.Cut(entry, ":")
		port, address, _ := strings.Cut(rest, ":")
		addr, err := netip.ParseAddr(strings.Trim(address, "[]"))
		n, e := strconv.ParseUint(port, 10, 16)
		if err != nil || e != nil || n == 0 || host == "" {
			return wrong
		}
		port = strconv.FormatUint(n, 10) // as in URLs
		p.resolve[strings.ToLower(host)+":"+port] = net.JoinHostPort(addr.String(), port)
	}
	return nil
}

// Wire returns the target as the URL Standard serializes it, the browsers, and
// the transport that [Run] would use. It reads only the question's fields URL, As,
// Timeout, Insecure, CACert, Resolve and Dial. The error is a *cli.UsageError.
func (q Question) Wire() (target string, browsers []fetch.Profile, wire *http.Transport, err error) {
	q.From = "null" // a valid page is needed, and not used
	p, err := q.plan()
	if err != nil {
		return "", nil, nil, err
	}
	return p.target.String(), p.profiles, p.transport(&q), nil
}

// Override returns the question with what flags says in its place: every field
// that is set there, and every header of the same name.
func (q Question) Override(flags Question) Question {
	for _, f := range []struct {
		to   *string
		flag string
	}{
		{&q.From, flags.From}, {&q.Method, flags.Method}, {&q.Mode, flags.Mode},
		{&q.Credentials, flags.Credentials}, {&q.Redirect, flags.Redirect}, {&q.Referrer, flags.Referrer},
		{&q.ReferrerPolicy, flags.ReferrerPolicy},
		{&q.Resource, flags.Resource}, {&q.CrossOrigin, flags.CrossOrigin}, {&q.PageSpace, flags.PageSpace},
		{&q.EmbedderPolicy, flags.EmbedderPolicy}, {&q.CACert, flags.CACert}, {&q.As, flags.As},
	} {
		if f.flag != "" {
			*f.to = f.flag
		}
	}
	name := func(h string) string {
		n, _, _ := strings.Cut(h, ":")
		return strings.ToLower(strings.TrimSpace(n))
	}
	q.Header = slices.DeleteFunc(slices.Clone(q.Header), func(h string) bool {
		return slices.ContainsFunc(flags.Header, func(given string) bool { return name(given) == name(h) })
	})
	q.Header = append(q.Header, flags.Header...)
	if flags.Data != nil {
		q.Data = flags.Data
	}
	if len(flags.Cookies) > 0 {
		q.Cookies = flags.Cookies
	}
	if len(flags.Resolve) > 0 {
		q.Resolve = flags.Resolve
	}
	if flags.Timeout != 0 {
		q.Timeout = flags.Timeout
	}
	q.Insecure = q.Insecure && q.CACert == "" || flags.Insecure
	q.NoProxy = q.NoProxy || flags.NoProxy
	q.XHR = q.XHR || flags.XHR
	q.UploadListener = q.UploadListener || flags.UploadListener
	return q
}
