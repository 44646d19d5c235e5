package check

import (
	"fmt"
	"io"
	"net/http"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
)

// FormatVersion is the Report's. It grows when a field is removed or changes its
// meaning; new fields may appear without.
const FormatVersion = 1

// A Report is what [Run] found. As JSON it is stable and documented in
// docs/check-json.md. Every string that came from a server holds its bytes as
// the code points U+0000 to U+00FF, and is cut to 4,096 bytes.
type Report struct {
	Version int     `json:"version"` // FormatVersion
	Page    Page    `json:"page"`
	Request Request `json:"request"`
	// Verdict is that of the strictest browser: unreachable if one could not
	// reach the server, else blocked if one blocks, else allowed.
	Verdict Verdict `json:"verdict"`
	// Agree says that all browsers that were asked came to the same result.
	Agree   bool     `json:"agree"`
	Results []Result `json:"results"` // one for each browser
	// Fix is what package fix makes of a request that the server's CORS headers
	// block; nil if nobody asked it.
	Fix *Fix `json:"fix,omitempty"`
}

// A Fix is the change to a server that lets the request in: a policy, and that
// policy in the server's own language.
type Fix struct {
	Server string   `json:"server"` // the origin of the one that has to change
	Signs  []Sign   `json:"signs"`  // what its answers tell of it
	Layers []string `json:"layers"` // what follows from that, in sentences
	// Stack is the recipe's name, as concors recipe --list has it: the one that
	// was asked for, or what the answers look like; "" if there is no telling.
	Stack    string `json:"stack,omitempty"`
	Title    string `json:"title,omitempty"`
	Verified string `json:"verified,omitempty"` // with which version of the real thing
	// Policy is the smallest that lets the request in, as a policy file.
	Policy string `json:"policy"`
	// Files are the recipe, Lost what it does without, and Refused why there is
	// none, or why the policy is not one to have.
	Files   []FixFile `json:"files"`
	Lost    []string  `json:"lost"`
	Refused []string  `json:"refused"`
	// Proof is what came of asking the question again of a model: the server's
	// answers with the policy's headers.
	Proof []Proof `json:"proof"`
}

// A Sign is a response header that tells of the software behind it.
type Sign struct {
	Header string `json:"header"`
	Value  string `json:"value"`
	Name   string `json:"name,omitempty"` // the product, if it is a known one
	Stack  string `json:"stack,omitempty"`
	Front  bool   `json:"front"` // it is a proxy that stands before something else
	// Preflight and Answer say in which answers it was.
	Preflight bool `json:"preflight"`
	Answer    bool `json:"answer"`
}

// A FixFile is a file of configuration or code.
type FixFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// A Proof is one browser's verdict of the mended answers.
type Proof struct {
	Browser string  `json:"browser"`
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"`
}

// A Page is the page that asked.
type Page struct {
	Origin         string `json:"origin"` // "null" for a sandboxed page
	AddressSpace   string `json:"addressSpace,omitempty"`
	EmbedderPolicy string `json:"embedderPolicy,omitempty"`
}

// A Request is what the page asked for.
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

// A Verdict is how a request ended.
type Verdict string

// The verdicts. An allowed request may still have an answer that the page cannot
// read: see Readable.
const (
	Allowed     Verdict = "allowed"
	Blocked     Verdict = "blocked"
	Unreachable Verdict = "unreachable"
)

// A Result is one browser's.
type Result struct {
	Browser string  `json:"browser"` // chromium, firefox, webkit or standard
	Version string  `json:"browserVersion"`
	Verdict Verdict `json:"verdict"`
	// Reason names what blocked the request, with one sentence and a link; ""
	// if nothing did.
	Reason      string `json:"reason,omitempty"`
	Explanation string `json:"explanation,omitempty"`
	Link        string `json:"link,omitempty"`
	// Protects says what the rule behind the reason protects, and Mend what
	// would lift it.
	Protects string `json:"protects,omitempty"`
	Mend     *Mend  `json:"mend,omitempty"`
	// Header is the header that the reason turns on, and Value what was sent
	// in it, if it was sent.
	Header string  `json:"header,omitempty"`
	Value  *string `json:"value,omitempty"`
	// Cause is the error beneath, such as a refused connection.
	Cause string `json:"cause,omitempty"`
	// DecidedBy is the index in Steps of the step that decided.
	DecidedBy int      `json:"decidedBy"`
	Readable  Readable `json:"readable"`
	// Sent says that the request itself reached a server, beyond any
	// preflight; what it does there is done, whatever the page may read.
	Sent bool `json:"sent"`
	// CookiesNotSet are those of the question's cookies that the browser
	// would not have stored.
	CookiesNotSet []CookieNote `json:"cookiesNotSet,omitempty"`
	Exchanges     []Exchange   `json:"exchanges"`
	Steps         []Step       `json:"steps"`
	// Console is what the browser's console shows.
	Console []string `json:"console"`
}

// Readable is what the page gets.
type Readable struct {
	// Type is the response's: basic, cors, opaque or opaqueredirect; "" if
	// the page gets no response.
	Type string `json:"type,omitempty"`
	// Status is 0 where the page may not know it.
	Status     int      `json:"status"`
	URL        string   `json:"url,omitempty"`
	Redirected bool     `json:"redirected"`
	Headers    []Header `json:"headers"`
	// Hidden names the headers of the answer that the page may not read.
	Hidden []string `json:"hiddenHeaders"`
	// Body says whether the page may read the body, BodyLength how much of
	// it there was (after decoding), and BodyWhole whether that was all: at
	// most 1 MiB is read, and for at most two seconds.
	Body       bool `json:"body"`
	BodyLength int  `json:"bodyLength"`
	BodyWhole  bool `json:"bodyWhole"`
	// Element says that an element asked, which uses what it gets and does
	// not read it. Use says in words what the page can do with it.
	Element bool   `json:"element"`
	Use     string `json:"use"`
}

// A Header is a header's name and value.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// An Exchange is one request on the wire and what came back.
type Exchange struct {
	Preflight bool     `json:"preflight"`
	Method    string   `json:"method"`
	URL       string   `json:"url"`
	Headers   []Header `json:"headers"` // as sent, what the browser adds included
	// Status is 0 if no answer came; Error then says why.
	Status          int          `json:"status"`
	ResponseHeaders []Header     `json:"responseHeaders"`
	Withheld        []CookieNote `json:"cookiesWithheld,omitempty"` // kept back although they fit the URL
	Refused         []CookieNote `json:"cookiesRefused,omitempty"`  // set by the answer and not stored
	Error           string       `json:"error,omitempty"`
}

// A CookieNote says why a cookie was not stored or not sent.
type CookieNote struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// A Step is one decision on the way.
type Step struct {
	Algorithm string   `json:"algorithm"` // the standard's name for it
	Link      string   `json:"link"`
	Inputs    []Header `json:"inputs"`
	Result    string   `json:"result"` // passed, blocked or noted
	Outcome   string   `json:"outcome"`
	Exchange  int      `json:"exchange"` // the index in Exchanges, or -1
	// Deviation says, where the browser departs from the standard, how.
	Deviation string `json:"deviation,omitempty"`
}

// WriteJSON writes the report as indented JSON. Characters that a terminal could
// act on are escaped in it, so that it can be looked at as well as parsed.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

// A Mend is the smallest change that would lift a reason.
type Mend struct {
	// By is who has to change something: server, page or user.
	By string `json:"by"`
	// Sentence says the change in words, and Caution what it gives away.
	Sentence string `json:"sentence"`
	Caution  string `json:"caution"`
	// URL is the one whose answer is to change, and Preflight says that it
	// is the answer to the preflight.
	URL       string `json:"url,omitempty"`
	Preflight bool   `json:"preflight"`
	// Set are headers that the answer must have with exactly this value,
	// Remove those that it must not have, and Status what its status must
	// be, 0 for as it was.
	Set    []Header `json:"set"`
	Remove []string `json:"remove"`
	Status int      `json:"status"`
}

// MendOf is what would lift an error's reason.
func MendOf(e *fetch.NetworkError) *Mend {
	m := fix.For(e)
	out := &Mend{By: string(m.Party), Sentence: cut(m.Sentence), Caution: cut(m.Caution), URL: cut(m.URL), Preflight: m.Preflight,
		Set: []Header{}, Remove: append([]string{}, m.Remove...), Status: m.Status}
	for _, h := range m.Set {
		out.Set = append(out.Set, Header{h.Name, cut(h.Value)})
	}
	return out
}

// Text tells the change in lines of at most 80 columns, below a heading, and
// what the rule that it lifts is good for.
func (m *Mend) Text(protects string) (heading string, lines []string) {
	lines = term.Hang(2, 2, m.Sentence)
	if m.Status != 0 {
		lines = append(lines, fmt.Sprintf("    HTTP/1.1 %d %s", m.Status, http.StatusText(m.Status)))
	}
	for _, h := range m.Set {
		lines = append(lines, term.Hang(4, 6, term.Bounded(h.Name+": "+h.Value))...)
	}
	lines = append(lines, term.Hang(2, 4, "Before you do: "+m.Caution)...)
	return "What would lift it, by the " + m.By, append(lines, term.Hang(2, 4, "What the rule protects: "+protects)...)
}

// answer is what the changed answer has.
func (m *Mend) answer() []Header {
	var list []Header
	if m.Status != 0 {
		list = append(list, Header{"status", fmt.Sprint(m.Status)})
	}
	return append(list, m.Set...)
}
