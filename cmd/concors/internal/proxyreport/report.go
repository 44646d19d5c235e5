package proxyreport

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
)

// FormatVersion is the version of the Report's JSON. It grows when a field is removed or
// changes its meaning; new fields may appear without that.
const FormatVersion = 1

// A Report says what a proxy did and why. As JSON it is documented in docs/proxy-json.md.
type Report struct {
	Version int       `json:"version"` // FormatVersion
	Started time.Time `json:"started"`
	Made    time.Time `json:"made"`
	Proxy   string    `json:"proxy"` // its origin
	APIs    []string  `json:"apis"`
	Pages   []string  `json:"pages"`
	Alias   bool      `json:"alias"`
	// Needed says whether the page needs the proxy, as far as the requests show.
	Needed Needed `json:"needed"`
	Counts Counts `json:"counts"`
	// Findings are how the requests would have ended without the proxy: first those that
	// would be blocked, then those of which that is not known, then the allowed ones.
	Findings []Finding `json:"findings"`
	// Cookies are those that the page's browser would not keep without the proxy.
	Cookies []Cookie `json:"cookies"`
	// Changed is what the proxy changed, and Refused what it refused or could not do.
	Changed []Changed `json:"changed"`
	Refused []Refusal `json:"refused"`
	// Secrets are the names of the headers that the proxy added.
	Secrets []string `json:"secrets"`
	// InProduction is the command, in lines, that writes a server's route with the first of them.
	InProduction []string `json:"inProduction,omitempty"`
	// Fixes has for each API that blocks a request the smallest policy that allows all
	// requests, and its server's own configuration.
	Fixes []*serverfix.Fix `json:"fixes"`
	// NotExposed are names of response headers that scripts can read at the proxy and that the API does not
	// expose, without those that servers send by themselves; at most 20.
	NotExposed []string `json:"notExposed"`
	// NotFixed are blocked requests that stay so with these policies, at most 20 of an API.
	NotFixed []NotFixed `json:"notFixed"`
	// LeftOut is how many requests were not judged, because there were too many kinds.
	LeftOut int `json:"leftOut"`
	// Requests are the last requests, one by one, if they are kept; Dropped is how many
	// earlier ones are not.
	Requests []Request `json:"requests,omitempty"`
	Dropped  int       `json:"requestsDropped,omitempty"`
}

// Needed says whether the page needs the proxy.
type Needed string

// The values of Needed.
const (
	Yes     Needed = "yes"
	No      Needed = "no"
	Unknown Needed = "unknown"
)

// Counts counts requests.
type Counts struct {
	Judged      int `json:"judged"` // that pages made, and to which the API responded
	Blocked     int `json:"blocked"`
	Unknown     int `json:"unknown"`
	Preflights  int `json:"preflights"`  // answered by the proxy
	WebSockets  int `json:"webSockets"`  // which need no CORS headers
	Navigations int `json:"navigations"` // likewise
	Unnamed     int `json:"unnamed"`     // of which it is not known which page made them
	SameOrigin  int `json:"sameOrigin"`  // of the API's own pages, opened at the proxy
	Refused     int `json:"refused"`     // by the proxy
	Failed      int `json:"failed"`      // by the network or the API
	Cancelled   int `json:"cancelled"`   // by the page
	Unanswered  int `json:"unanswered"`  // not judged, because they failed or were cancelled before the API responded
	Own         int `json:"own"`         // for the page's own files, or for the report
}

// A Finding is how requests of one page would have ended without the proxy, for one reason.
type Finding struct {
	Verdict request.Verdict `json:"verdict"` // blocked, unknown or allowed
	Page    string          `json:"page"`
	API     string          `json:"api"`
	// Reason is why they would be blocked, with one sentence and a link; 0 if they would
	// not.
	Reason      reason.Reason `json:"reason,omitempty"`
	Explanation string        `json:"explanation,omitempty"`
	Link        string        `json:"link,omitempty"`
	Fix         *request.Fix  `json:"fix,omitempty"`
	// Why says what is not known.
	Why string `json:"why,omitempty"`
	// Preflight reports whether some of them need a preflight.
	Preflight bool `json:"preflight"`
	Times     int  `json:"times"`
	// Requests are the different ones, at most 20 of them; More is how many there are
	// besides.
	Requests []Similar `json:"requests"`
	More     int       `json:"more"`
}

// A Similar is one request of a [Finding].
type Similar struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	Status int    `json:"status"` // of the API's response
	Times  int    `json:"times"`
	// Command makes the request again without the proxy, if its result is not known.
	Command string `json:"command,omitempty"`
}

// maxSimilar is how many requests of a finding are described.
const maxSimilar = 20

// A Cookie is one that a browser would not keep, with what its standard says about it.
type Cookie struct {
	Name string `json:"name"`
	Why  string `json:"why"`
	// SentBack reports whether the page sent it to the API afterwards.
	SentBack bool `json:"sentBack"`
}

// A Changed is a change that the proxy made, and how often.
type Changed struct {
	Kind  proxy.Kind `json:"kind"`
	Field string     `json:"field"`
	Name  string     `json:"name,omitempty"` // a cookie's
	From  string     `json:"from,omitempty"` // in its first response; likewise To
	To    string     `json:"to,omitempty"`
	Why   string     `json:"why"`
	Times int        `json:"times"`
}

// A Refusal is a request that the proxy refused, or that failed.
type Refusal struct {
	Kind    proxy.FaultKind `json:"kind"`
	Refused bool            `json:"refused"` // by the proxy, not by the network or the API
	Page    string          `json:"page,omitempty"`
	Method  string          `json:"method"`
	URL     string          `json:"url"`
	Text    string          `json:"text"`
	Times   int             `json:"times"`
	Own     bool            `json:"own,omitempty"` // it was for a file of the page, from the dev server
}

// A Request is one request that reached the proxy.
type Request struct {
	Started   time.Time     `json:"started"`
	Took      time.Duration `json:"tookNanoseconds"`
	Page      string        `json:"page,omitempty"`
	Method    string        `json:"method"`
	Asked     string        `json:"asked"` // the URL at the proxy
	URL       string        `json:"url,omitempty"`
	Status    int           `json:"status"`            // what the page received
	API       int           `json:"apiStatus"`         // what the API sent; 0 for none
	Bytes     int64         `json:"bytes"`             // of the response's body
	Preflight bool          `json:"preflight"`         // to which the proxy responded
	Changes   []Changed     `json:"changes"`           // what was changed
	Fault     string        `json:"fault,omitempty"`   // why it was refused or failed
	Upgrade   bool          `json:"upgrade,omitempty"` // a WebSocket
}

// Report judges what was recorded so far. It waits for what [Log.Ask] is sending, but not
// longer than Options.Wait. The error is that of ctx.
func (l *Log) Report(ctx context.Context) (*Report, error) {
	l.wait(ctx)
	l.mu.Lock()
	r := &Report{Version: FormatVersion, Started: l.started, Made: time.Now(), Proxy: l.options.Listen,
		APIs: nonNil(l.options.APIs), Pages: nonNil(l.options.Pages), Alias: l.options.Alias, Secrets: nonNil(l.options.Secrets),
		Counts: l.counts, Findings: []Finding{}, Cookies: []Cookie{}, Changed: []Changed{}, Refused: []Refusal{},
		Fixes: []*serverfix.Fix{}, NotExposed: []string{}, NotFixed: []NotFixed{}, LeftOut: l.leftOut, Dropped: l.dropped}
	for _, c := range l.changed {
		r.Changed = append(r.Changed, *c)
	}
	for _, f := range l.refused {
		r.Refused = append(r.Refused, *f)
	}
	kinds := make([]*kind, len(l.order))
	for i, k := range l.order {
		copied := *k
		kinds[i] = &copied
	}
	for _, record := range l.kept {
		r.Requests = append(r.Requests, requestOf(record))
	}
	l.mu.Unlock()

	if err := r.judge(ctx, kinds); err != nil {
		return nil, err
	}
	r.Needed = r.needed()
	m := secret.Uniform()
	m.Keep(slices.Concat(r.APIs, r.Pages)...)
	masked := secret.Copy(m, *r)
	masked.InProduction = masked.inProduction(l.options.SecretFlag)
	return &masked, nil
}

func requestOf(r proxy.Record) Request {
	out := Request{Started: r.Started, Took: r.Took, Page: r.Page, Method: r.Method, Asked: r.Asked, URL: r.Target,
		Status: r.Status, API: r.Upstream, Bytes: r.Bytes, Preflight: r.Preflight, Upgrade: r.Upgrade, Changes: []Changed{}}
	for _, c := range r.Changes {
		out.Changes = append(out.Changes, Changed{Kind: c.Kind, Field: c.Field, Name: c.Name, From: term.Cut(c.From, 500),
			To: term.Cut(c.To, 500), Why: c.Why, Times: 1})
	}
	if r.Fault != nil {
		out.Fault = string(r.Fault.Kind)
	}
	return out
}

// judge adds the findings, the cookies and the fixes.
func (r *Report) judge(ctx context.Context, kinds []*kind) error {
	index := map[string]int{}
	servers, blocked := map[string][]serverfix.Request{}, map[string]int{}
	var order []string
	for _, k := range kinds {
		o, err := k.judge(ctx, kinds)
		if err != nil {
			return err
		}
		switch o.verdict {
		case request.Blocked:
			r.Counts.Blocked += k.times
		case request.Unknown:
			r.Counts.Unknown += k.times
		}
		r.addFinding(k, o, index)
		r.addNotExposed(k, o)
		for _, c := range k.cookiesNotKept(ctx) {
			if !slices.ContainsFunc(r.Cookies, func(known Cookie) bool { return known.Name == c.Name }) && len(r.Cookies) < maxSamples {
				sent := slices.ContainsFunc(kinds, func(k *kind) bool { return slices.Contains(k.cookies, c.Name) })
				r.Cookies = append(r.Cookies, Cookie{c.Name, c.Why, sent})
			}
		}
		if r.Alias && k.page == r.Proxy {
			continue // the page's origin elsewhere is not known, and no API has to allow this one
		}
		if o.result == nil || o.first().Verdict == request.Blocked && !o.first().Reason.CORS() {
			continue
		}
		api := originOf(k.url)
		if servers[api] == nil {
			order = append(order, api)
		}
		made := serverfix.Request{Question: o.question, Result: k.withRecorded(o.result, kinds)}
		if o.verdict == request.Blocked { // the first ones say which response has to change
			servers[api] = slices.Insert(servers[api], blocked[api], made)
			blocked[api]++
		} else {
			servers[api] = append(servers[api], made)
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		rank := []request.Verdict{request.Blocked, request.Unknown, request.Allowed}
		return cmp.Or(slices.Index(rank, a.Verdict)-slices.Index(rank, b.Verdict), b.Times-a.Times)
	})
	for _, api := range order {
		if blocked[api] == 0 {
			continue
		}
		f, not, err := fixOf(ctx, servers[api], blocked[api])
		if err != nil {
			return err
		}
		r.NotFixed = append(r.NotFixed, not...)
		if f != nil {
			r.Fixes = append(r.Fixes, f)
		}
	}
	return nil
}

// addFinding adds a kind of request to the finding with its reason.
func (r *Report) addFinding(k *kind, o *outcome, index map[string]int) {
	f := Finding{Verdict: o.verdict, Page: k.page, API: originOf(k.url), Why: o.why, Requests: []Similar{}}
	if o.verdict == request.Blocked {
		b := o.first()
		f.Reason, f.Explanation, f.Link, f.Fix = b.Reason, b.Explanation, b.Link, b.Fix
	}
	key := strings.Join([]string{string(f.Verdict), f.Page, f.API, f.Reason.String(), f.Why}, "\x00")
	if f.Fix != nil {
		key += "\x00" + string(f.Fix.Cause)
	}
	i, known := index[key]
	if !known {
		i = len(r.Findings)
		index[key] = i
		r.Findings = append(r.Findings, f)
	}
	found := &r.Findings[i]
	found.Times += k.times
	found.Preflight = found.Preflight || o.assumed || o.preflight != nil || o.result != nil && slices.ContainsFunc(o.first().Exchanges,
		func(x request.Exchange) bool { return x.Preflight })
	if len(found.Requests) == maxSimilar {
		found.More++
		return
	}
	similar := Similar{Method: k.method, URL: k.url, Status: k.status, Times: k.times}
	if o.verdict == request.Unknown && o.result != nil {
		q := o.question
		q.Transport = nil
		similar.Command = strings.Join(q.Command(false), " ")
	}
	found.Requests = append(found.Requests, similar)
}

// needed says whether the page needs the proxy.
func (r *Report) needed() Needed {
	switch {
	case r.Counts.Blocked > 0, len(r.Secrets) > 0 && r.Counts.Judged > 0,
		slices.ContainsFunc(r.Cookies, func(c Cookie) bool { return c.SentBack }):
		return Yes
	case r.Counts.Judged == 0, r.Counts.Unknown > 0, r.Counts.Unanswered > 0, r.LeftOut > 0,
		len(r.NotExposed) > 0:
		return Unknown
	}
	return No
}

// WriteJSON writes the report as indented JSON. Characters that a terminal could act on
// are escaped in it.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

func nonNil(list []string) []string { return append([]string{}, list...) }

func itoa(n int) string { return strconv.Itoa(n) }
