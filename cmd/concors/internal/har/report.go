package har

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// FormatVersion is the version of the Report's JSON form. It grows when a field is
// removed or changes its meaning, but not when a field is added.
const FormatVersion = 2

// MaxFindings is the largest number of findings in a report.
const MaxFindings = 1000

// A Report says what [Read] found. As JSON it is documented in
// docs/explain-json.md. Strings from the recording are cut to 4,096 bytes.
type Report struct {
	Version  int      `json:"version"` // FormatVersion
	Recorder Recorder `json:"recorder"`
	Entries  int      `json:"entries"` // in the file
	// Requests counts the requests that CORS decides on. Preflights counts their
	// preflights, and Redirects the entries that follow a redirect. NotCORS counts
	// all other entries.
	Requests   Requests `json:"requests"`
	Preflights int      `json:"preflights"`
	Redirects  int      `json:"redirects"`
	NotCORS    NotCORS  `json:"notCors"`
	// Findings are the requests that were not allowed: first the blocked ones,
	// then those that depend, then the unknown ones, each in the order of the file.
	Findings []Finding `json:"findings"`
	// LeftOut is how many requests are in no finding because the report already
	// has MaxFindings.
	LeftOut int `json:"leftOut"`
	// Notes say in sentences what the page will not have expected of requests that were allowed.
	Notes []string `json:"notes,omitempty"`

	index       map[string]int // of the findings, by groupKey
	showSecrets bool
}

// A Recorder is the program that made the recording.
type Recorder struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Browser is the browser whose rules apply: chromium, firefox, webkit or standard.
	Browser string `json:"browser"`
	// OmitsFailures means that the program exports no failed requests, so that
	// blocked requests are not in the recording.
	OmitsFailures bool `json:"omitsFailures"`
}

// Requests counts requests by their verdict.
type Requests struct {
	All     int `json:"all"`
	Allowed int `json:"allowed"`
	Blocked int `json:"blocked"`
	Depends int `json:"depends"`
	Unknown int `json:"unknown"`
}

// NotCORS counts the entries that CORS does not decide on.
type NotCORS struct {
	SameOrigin    int `json:"sameOrigin"`
	NoCORS        int `json:"noCors"`
	Navigation    int `json:"navigation"`
	WebSocket     int `json:"webSocket"`
	ServiceWorker int `json:"serviceWorker"` // served by one
	Other         int `json:"other"`
}

// A Finding is a request that was not allowed, or whose verdict is not known, with
// all similar ones: from the same page, to the same origin, for the same reason.
type Finding struct {
	Verdict request.Verdict `json:"verdict"` // blocked, depends or unknown
	// Times is how many there are. The other fields describe the first one; Also
	// lists the next ones, at most ten.
	Times int       `json:"times"`
	Also  []Similar `json:"also"`
	// Entry is the first one's number in the file, from 1. Preflight is the number of
	// its preflight's entry, 0 for none.
	Entry     int    `json:"entry"`
	Preflight int    `json:"preflightEntry,omitempty"`
	Method    string `json:"method"`
	URL       string `json:"url"`
	Page      string `json:"pageOrigin"` // "null" for a sandboxed page, "" if it is not known
	// Kind is fetch, xhr or the kind of element; "" for a preflight without its
	// request.
	Kind string `json:"kind"`
	// Reason is why it was blocked; nil if that is not known. With the verdict
	// depends it is why the request is blocked with credentials.
	Reason *Reason `json:"reason,omitempty"`
	// Why says in sentences what else there is to know, such as what is missing
	// from the recording.
	Why string `json:"why,omitempty"`
	// Status and Headers are those of the response that decided: its status, 0 if
	// there was no response, and the headers that the rules read.
	Status  int              `json:"status"`
	Headers []request.Header `json:"headers"`
	// Failure is the error that the browser recorded.
	Failure string `json:"recordedError,omitempty"`
	// Command is the concors check command that sends the request to the server,
	// quoted for a POSIX shell, with secrets in its URL masked and without the values
	// of headers other than Content-Type. It is "" if the page is not known.
	Command string `json:"command,omitempty"`

	words []string // of Command, with the flags
}

// Similar is another request of a finding.
type Similar struct {
	Entry  int    `json:"entry"`
	Method string `json:"method"`
	URL    string `json:"url"`
}

const maxAlso = 10

// A Reason is the reason for a blocked request, with its explanation and fix.
type Reason struct {
	Reason      reason.Reason `json:"reason"`
	Preflight   bool          `json:"preflight"`
	Explanation string        `json:"explanation"`
	Protects    string        `json:"protects"`
	Link        string        `json:"link"`
	// Header is the header that decided, and Value its value, nil if it was not
	// sent.
	Header string       `json:"header,omitempty"`
	Value  *string      `json:"value,omitempty"`
	Fix    *request.Fix `json:"fix"`
}

// Options are the options of [Read].
type Options struct {
	// From is the origin of the page, for requests that do not show it; it may be
	// empty.
	From string
	// Progress, if set, is called after every hundred entries with what is being read.
	Progress func(what string)
	// ShowSecrets does not mask the secrets in URLs and headers.
	ShowSecrets bool
}

// Read explains a recording. The error is an *[Error] if the file is damaged or not
// an HTTP Archive, a *[cli.UsageError] if From is not an origin, and otherwise the
// error of reading. The time is linear in the file's size; the memory is bounded by
// the limits of this package. Nothing is sent to any server.
func Read(r io.Reader, o Options) (*Report, error) {
	if o.From != "" {
		from, err := request.ParseFrom(o.From)
		if err != nil {
			return nil, err
		}
		o.From = from.String()
	}
	report := &Report{Version: FormatVersion, Findings: []Finding{}, index: map[string]int{}, showSecrets: o.ShowSecrets}
	secrets := secret.Uniform()
	f := &file{}
	w := &window{judge: report.add}
	err := f.read(r, func(number int, raw *rawEntry) {
		if o.Progress != nil && number%100 == 0 {
			o.Progress(fmt.Sprintf("the end of the recording, at entry %d", number))
		}
		report.Entries++
		if !o.ShowSecrets {
			learn(secrets, raw)
		}
		e, category := newEntry(number, raw, f, o.From)
		if e != nil {
			report.Recorder.Browser = strings.ToLower(e.profile.Name)
			w.add(e)
			return
		}
		*report.NotCORS.count(category)++
	})
	if err != nil {
		return nil, err
	}
	w.flush()
	report.Recorder.OmitsFailures = f.creator.Name == webInspector
	report.Recorder.Name, report.Recorder.Version = cut(f.creator.Name), cut(f.creator.Version)
	if report.Recorder.Browser == "" {
		report.Recorder.Browser = strings.ToLower(profileOf(f.creator.Name, f.browser.Name, "").Name)
	}
	rank := []request.Verdict{request.Blocked, Depends, Unknown}
	slices.SortStableFunc(report.Findings, func(a, b Finding) int {
		return slices.Index(rank, a.Verdict) - slices.Index(rank, b.Verdict)
	})
	if !o.ShowSecrets {
		*report = secret.Copy(secrets, *report)
	}
	return report, nil
}

// learn adds an entry's secrets to those that are masked. Servers repeat them in other
// places.
func learn(m *secret.Masker, raw *rawEntry) {
	if raw.Request == nil {
		return
	}
	m.URL(raw.Request.URL)
	list := raw.Request.Headers
	if raw.Response != nil {
		list = append(slices.Clone(list), raw.Response.Headers...)
	}
	for _, h := range list {
		m.LearnHeader(h.Name, h.Value)
	}
	if data, ok := raw.Request.PostData.(map[string]any); ok {
		m.LearnBody(text(data["text"]))
	}
}

// Conclusive reports whether the recording shows that something was blocked, or that
// nothing was.
func (r *Report) Conclusive() bool {
	q := r.Requests
	return q.Blocked > 0 || !r.Recorder.OmitsFailures && (q.All == 0 || q.Unknown < q.All)
}

func (n *NotCORS) count(c category) *int {
	switch c {
	case isSameOrigin:
		return &n.SameOrigin
	case isNoCORS:
		return &n.NoCORS
	case isNavigation:
		return &n.Navigation
	case isWebSocket:
		return &n.WebSocket
	case isServiceWorker:
		return &n.ServiceWorker
	}
	return &n.Other
}

// add judges an exchange and puts it into the report.
func (r *Report) add(x *exchange) {
	o := x.judge()
	for _, hop := range x.hops {
		if hop.preflight != nil {
			r.Preflights++
		}
	}
	r.Redirects += max(len(x.hops)-1, 0)
	if x.sameOrigin() {
		r.NotCORS.SameOrigin++
		return
	}
	r.Requests.All++
	switch o.verdict {
	case request.Allowed:
		r.Requests.Allowed++
		r.noteHTML(x)
		return
	case request.Blocked:
		r.Requests.Blocked++
	case Depends:
		r.Requests.Depends++
	default:
		r.Requests.Unknown++
	}
	key := x.groupKey(o)
	i, known := r.index[key]
	switch {
	case known:
	case len(r.Findings) == MaxFindings:
		r.LeftOut++
		return
	default:
		i = len(r.Findings)
		r.index[key] = i
		r.Findings = append(r.Findings, x.finding(o, r.showSecrets))
	}
	f := &r.Findings[i]
	f.Times++
	if first := x.first(); f.Times > 1 && len(f.Also) < maxAlso {
		f.Also = append(f.Also, Similar{Entry: first.number, Method: x.method(), URL: cut(first.key)})
	}
}

// maxNotes is how many notes a report has at most.
const maxNotes = 3

// noteHTML notes that a page came back where the request asked for JSON: CORS allowed it, and the page fails.
func (r *Report) noteHTML(x *exchange) {
	last := x.last()
	essence, _, _ := strings.Cut(field.Lower(last.response.Get("Content-Type")), ";")
	if !x.first().wantsJSON || field.Trim(essence) != "text/html" || len(r.Notes) == maxNotes {
		return
	}
	u := x.first().key
	if !r.showSecrets {
		u = secret.URL(u)
	}
	r.Notes = append(r.Notes, fmt.Sprintf("Entry %d, %s %s: the page asked for JSON, and HTML came back with status %d: the start page, an error page or a login page. "+
		"Check the URL's path, and whether the page is logged in.", x.first().number, x.method(), cut(u), last.status))
}

// groupKey returns a key that is equal for exchanges of the same finding.
func (x *exchange) groupKey(o outcome) string {
	parts := []string{string(o.verdict), x.page(), origin.Of(x.first().url).String(), o.why}
	if b := o.blocked; b != nil {
		parts = append(parts, b.Reason.String(), field.Lower(b.Header), b.Value, b.Method, itoa(b.Status))
		// The cause is said for all of them. What is said of redirects has their URLs.
		f := fix.For(b)
		if parts = append(parts, string(f.Cause)); f.Cause != fix.Redirected && f.Cause != fix.LoginRedirect {
			parts = append(parts, f.Why)
		}
	}
	return strings.Join(parts, "\x00")
}

func (x *exchange) finding(o outcome, showSecrets bool) Finding {
	first, decider := x.first(), x.last()
	f := Finding{Verdict: o.verdict, Also: []Similar{}, Entry: first.number, Method: x.method(),
		URL: cut(first.key), Page: cut(x.page()), Kind: string(first.kind),
		Why: cut(o.why), Failure: cut(x.failure()), Headers: []request.Header{}}
	f.words = x.command(o, showSecrets)
	f.Command = strings.Join(f.words, " ")
	if first.preflight != nil {
		f.Preflight = first.preflight.number
	}
	if o.preflightMissing && o.blocked != nil {
		f.Why = strings.TrimSpace(f.Why + " It needed a preflight, and the recording has none: the browser had cached an earlier one, or did not record it.")
	}
	if b := o.blocked; b != nil {
		f.Reason = reasonOf(b)
		if b.Trace != nil && len(b.Trace.Exchanges) > 0 {
			last := b.Trace.Exchanges[len(b.Trace.Exchanges)-1]
			f.Status = last.Status
			for _, h := range last.ResponseHeader {
				if slices.Contains(causeHeaders, field.Lower(h.Name)) {
					continue
				}
				f.Headers = append(f.Headers, request.Header{Name: h.Name, Value: cut(h.Value)})
			}
			return f
		}
	}
	f.Status = decider.status
	for _, name := range sortedNames(decider.response) {
		if slices.Contains(causeHeaders, field.Lower(name)) {
			continue
		}
		for _, v := range decider.response[name] {
			f.Headers = append(f.Headers, request.Header{Name: name, Value: cut(v)})
		}
	}
	return f
}

func reasonOf(e *fetch.NetworkError) *Reason {
	r := &Reason{Reason: e.Reason, Preflight: e.Reason.Preflight(), Explanation: e.Reason.Explanation(),
		Protects: e.Reason.Protects(), Link: e.Reason.Anchor(), Header: cut(e.Header), Fix: request.FixOf(e)}
	if e.Present {
		value := cut(e.Value)
		r.Value = &value
	}
	return r
}

// method returns the method of the page's request.
func (x *exchange) method() string {
	if x.lonePreflight != nil {
		return x.lonePreflight.requestMethod
	}
	return x.hops[0].method
}

// command returns the words of the concors check command that sends the request to
// the server, each flag with its value; nil if there is none that is safe to paste.
func (x *exchange) command(o outcome, showSecrets bool) []string {
	page, first := x.page(), x.first()
	if page == "" || stoppedInBrowser(x.failure()) {
		return nil
	}
	r := x.request(fetch.CredentialsSameOrigin)
	target := first.key
	if !showSecrets {
		target = secret.URL(target)
	}
	words := []string{"concors check " + quoted(target), "--from " + quoted(page)}
	if flag := request.SpaceFlag(first.key, page); flag != "" && !localNetworkAccess(x.failure()) {
		words = append(words, flag)
	}
	if browser := strings.ToLower(first.profile.Name); browser != "chromium" {
		words = append(words, "--as "+browser)
	}
	switch {
	case r.Initiator == fetch.InitiatorElement:
		words = append(words, "--resource "+string(first.kind))
		if first.kind != "font" {
			words = append(words, "--crossorigin anonymous")
		}
		return safe(words)
	case r.Initiator == fetch.InitiatorXHR:
		words = append(words, "--xhr")
	}
	if r.Method != "GET" {
		words = append(words, "-X "+quoted(r.Method))
	}
	for _, h := range r.Header {
		value := "x"
		if h.Name == "content-type" {
			value = h.Value
		}
		words = append(words, "-H "+quoted(h.Name+": "+value))
	}
	if o.verdict == Depends || x.any((*entry).hadCredentials) {
		words = append(words, "--credentials include")
	}
	return safe(words)
}

// safe returns the words, or nil if [quoted] refused one of them.
func safe(words []string) []string {
	if slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(w, " ") }) {
		return nil
	}
	return words
}

// quoted is [term.ShellQuote], except that it returns "" for a word that is not safe
// to paste from an unknown source.
func quoted(s string) string {
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) || len(s) > maxText {
		return ""
	}
	return term.ShellQuote(s)
}

// maxText is how many bytes of a string from the recording a report has.
const maxText = 4096

// cut truncates a text from the recording.
func cut(s string) string { return term.Cut(s, maxText) }

func sortedNames(h http.Header) []string {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func itoa(n int) string { return strconv.Itoa(n) }

// WriteJSON writes the report as indented JSON without control characters.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }
