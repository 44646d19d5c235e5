package request

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A Result is what [Run] found. Every string that came from a server holds its
// bytes as the code points U+0000 to U+00FF, and is cut to 4,096 bytes. As JSON
// it is part of the report that docs/check-json.md documents.
type Result struct {
	Page    Page    `json:"page"`
	Request Request `json:"request"`
	// Verdict is that of the strictest browser: unreachable if one could not
	// reach the server, else blocked if one blocks, else allowed.
	Verdict Verdict `json:"verdict"`
	// Agree reports whether all browsers came to the same result.
	Agree   bool            `json:"agree"`
	Results []BrowserResult `json:"results"` // one for each browser

	asked Question
}

// A Page is the page that makes the request.
type Page struct {
	Origin string `json:"origin"` // "null" for a sandboxed page
	// AddressSpace is where the page was loaded from. Assumed means that the
	// question does not say so.
	AddressSpace   string `json:"addressSpace,omitempty"`
	Assumed        bool   `json:"addressSpaceAssumed,omitempty"`
	EmbedderPolicy string `json:"embedderPolicy,omitempty"`
}

// A Request is the request as the page makes it.
type Request struct {
	// Kind is "fetch", "xhr", or the kind of element.
	Kind        string   `json:"kind"`
	CrossOrigin string   `json:"crossorigin,omitempty"`
	Method      string   `json:"method"`
	URL         string   `json:"url"`
	Headers     []Header `json:"headers"`
	BodyLength  *int     `json:"bodyLength,omitempty"`
	Mode        string   `json:"mode"`
	Credentials string   `json:"credentials"`
	Redirect    string   `json:"redirect"`
}

// ByScript reports whether a script makes the request, not an element.
func (r *Request) ByScript() bool { return r.Kind == "fetch" || r.Kind == "xhr" }

// A Verdict is how a request ended.
type Verdict string

// The verdicts. The response to an allowed request may still be unreadable for
// the page: see Readable.
const (
	Allowed     Verdict = "allowed"
	Blocked     Verdict = "blocked"
	Unreachable Verdict = "unreachable"
	// Unknown means that not all was sent or recorded which decides.
	Unknown Verdict = "unknown"
)

// A BrowserResult is one browser's result.
type BrowserResult struct {
	Browser string  `json:"browser"` // chromium, firefox, webkit or standard
	Version string  `json:"browserVersion"`
	Verdict Verdict `json:"verdict"`
	// Reason is why the request was blocked, with one sentence and a link; 0
	// if it was not.
	Reason      reason.Reason `json:"reason,omitempty"`
	Explanation string        `json:"explanation,omitempty"`
	Link        string        `json:"link,omitempty"`
	// Protects says what the rule behind the reason protects, and Fix what to
	// change.
	Protects string `json:"protects,omitempty"`
	Fix      *Fix   `json:"fix,omitempty"`
	// Header is the header that the reason is about, and Value what was sent
	// in it, if it was sent.
	Header string  `json:"header,omitempty"`
	Value  *string `json:"value,omitempty"`
	// Cause is the underlying error, such as a refused connection.
	Cause string `json:"cause,omitempty"`
	// DecidedBy is the index in Steps of the step that decided.
	DecidedBy int      `json:"decidedBy"`
	Readable  Readable `json:"readable"`
	// Sent reports whether the request itself reached a server, beyond any
	// preflight. The server has then carried it out, whatever the page may read.
	Sent bool `json:"sent"`
	// CookiesNotSet are those of the question's cookies that the browser
	// would not have stored.
	CookiesNotSet []CookieNote `json:"cookiesNotSet,omitempty"`
	// Notes say what is wrong beside the verdict.
	Notes     []Note     `json:"notes"`
	Exchanges []Exchange `json:"exchanges"`
	Steps     []Step     `json:"steps"`
	// Console is what the browser's console shows.
	Console []string `json:"console"`
}

// Readable is what the page gets.
type Readable struct {
	// Type is the response's: basic, cors, opaque or opaqueredirect; "" if
	// the page gets no response.
	Type string `json:"type,omitempty"`
	// Status is 0 where it is hidden from the page.
	Status     int      `json:"status"`
	URL        string   `json:"url,omitempty"`
	Redirected bool     `json:"redirected"`
	Headers    []Header `json:"headers"`
	// Hidden names the response headers that the page may not read.
	Hidden []string `json:"hiddenHeaders"`
	// Body reports whether the page may read the body. BodyLength is how much
	// of it was read (after decoding), and BodyWhole reports whether that was
	// all: at most 1 MiB is read, and for at most two seconds.
	Body       bool `json:"body"`
	BodyLength int  `json:"bodyLength"`
	BodyWhole  bool `json:"bodyWhole"`
	// Element reports whether an element made the request: it uses what it
	// gets and does not read it. Use says in words what the page can do with it.
	Element bool   `json:"element"`
	Use     string `json:"use"`
}

// A Header is a header's name and value.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// An Exchange is one request on the wire and its response.
type Exchange struct {
	Preflight bool     `json:"preflight"`
	Method    string   `json:"method"`
	URL       string   `json:"url"`
	Headers   []Header `json:"headers"` // as sent, including those that the browser adds
	// Status is 0 if no response came; Error then says why.
	Status          int          `json:"status"`
	ResponseHeaders []Header     `json:"responseHeaders"`
	Withheld        []CookieNote `json:"cookiesWithheld,omitempty"` // fit the URL and were not sent
	Refused         []CookieNote `json:"cookiesRefused,omitempty"`  // set by the response and not stored
	Error           string       `json:"error,omitempty"`
}

// A CookieNote says why a cookie was not stored or not sent.
type CookieNote struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// A Step is one decision on the way.
type Step struct {
	Algorithm string       `json:"algorithm"` // the standard's name for it
	Link      string       `json:"link"`
	Inputs    []Header     `json:"inputs"`
	Result    fetch.Result `json:"result"`
	Outcome   string       `json:"outcome"`
	Exchange  int          `json:"exchange"` // the index in Exchanges, or -1
	// Deviation says how the browser departs from the standard here, if it does.
	Deviation string `json:"deviation,omitempty"`
}

// BrowserTitle returns the name that a browser has in sentences, such as Chromium
// for chromium.
func BrowserTitle(browser string) string {
	switch browser {
	case "chromium":
		return "Chromium"
	case "firefox":
		return "Firefox"
	case "webkit":
		return "Safari (WebKit)"
	case "internet explorer":
		return "Internet Explorer"
	case "jsdom":
		return "jsdom (a test's browser in Node.js)"
	}
	return "the Fetch standard"
}

// BrowserName is the browser's name and version, for sentences.
func (r *BrowserResult) BrowserName() string {
	switch r.Browser {
	case "standard":
		return "the standard"
	case "chromium", "firefox":
		return BrowserTitle(r.Browser) + " " + r.Version
	}
	return "Safari (" + r.Version + ")" // such as WebKitGTK 2.50.6
}

// Summary says in one line how the request ended, what the page can read, and
// what was sent. Browsers agree if their summaries are the same.
func (r *BrowserResult) Summary() string {
	var parts []string
	switch {
	case r.Verdict != Allowed:
		parts = append(parts, string(r.Verdict)+": "+r.Reason.String())
	case r.Readable.Element:
		parts = append(parts, "allowed: "+r.Readable.Use)
	case !r.Readable.Body:
		parts = append(parts, "allowed: nothing can be read")
	default:
		parts = append(parts, fmt.Sprintf("allowed: reads status %d, %s and body",
			r.Readable.Status, term.Count(len(r.Readable.Headers), "header")))
	}
	sent := "nothing was sent"
	var methods []string
	for _, x := range r.Exchanges {
		what := x.Method
		if names := x.CookieNames(); len(names) > 0 {
			what += " with " + term.Plural(len(names), "cookie") + " " + strings.Join(names, ", ")
		}
		if r.StoppedAtConnection() && x.Error != "" {
			continue
		}
		if x.Error != "" {
			what += " (no response)"
		}
		methods = append(methods, what)
	}
	if len(methods) > 0 {
		sent = "sent " + strings.Join(methods, ", ")
	}
	return strings.Join(append(parts, sent), "; ")
}

// Decided returns the step that decided. ok is false if there is none.
func (r *BrowserResult) Decided() (step Step, ok bool) {
	if r.DecidedBy < 0 || r.DecidedBy >= len(r.Steps) {
		return Step{}, false
	}
	return r.Steps[r.DecidedBy], true
}

// Decisive returns the response header that the reason is about, or reports
// that it is about the status.
func (r *BrowserResult) Decisive() (header string, status bool) {
	switch r.Reason {
	case reason.PreflightInvalidStatus, reason.PreflightDisallowedRedirect, reason.RedirectModeError:
		return "", true
	case reason.HeaderDisallowedByPreflightResponse:
		return "Access-Control-Allow-Headers", false
	}
	return r.Header, false
}

// StoppedAtConnection reports whether the browser looked at the server's address
// and sent nothing.
func (r *BrowserResult) StoppedAtConnection() bool {
	return localNetworkAccess(r.Reason)
}

// CookieNames lists the names of the cookies that were sent.
func (x *Exchange) CookieNames() []string {
	var names []string
	for _, h := range x.Headers {
		if !strings.EqualFold(h.Name, "Cookie") {
			continue
		}
		for pair := range strings.SplitSeq(h.Value, "; ") {
			name, _, _ := strings.Cut(pair, "=")
			names = append(names, name)
		}
	}
	return names
}

// HasHeader reports whether a header is in a list.
func HasHeader(list []Header, name string) bool {
	return slices.ContainsFunc(list, func(h Header) bool { return strings.EqualFold(h.Name, name) })
}

// headers converts a header list, and returns an empty list for none.
func headers(list fetch.HeaderList) []Header {
	out := []Header{}
	for _, h := range list {
		out = append(out, Header{text(h.Name), text(h.Value)})
	}
	return out
}

// longest is how many bytes of one value a Result keeps.
const longest = 4096

// text makes a string of a server's bytes: each becomes the code point of its number.
func text(s string) string {
	suffix := ""
	if len(s) > longest {
		s, suffix = s[:longest], "..."
	}
	for i := range len(s) {
		if s[i] >= 0x80 {
			runes := make([]rune, len(s))
			for j := range len(s) {
				runes[j] = rune(s[j])
			}
			return string(runes) + suffix
		}
	}
	return s + suffix
}

// Bytes returns what a server sent as a string that a Result holds. It returns the
// string as it is if it is not from a server.
func Bytes(s string) string {
	b := make([]byte, 0, len(s))
	for _, c := range s {
		if c > 0xFF {
			return s
		}
		b = append(b, byte(c))
	}
	return string(b)
}

// cut bounds a text that may quote a server at length.
func cut(s string) string {
	return term.Cut(strings.ToValidUTF8(s, "\uFFFD"), longest)
}
