package proxyreport

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// The members of an HTTP Archive, version 1.2.
// http://www.softwareishard.com/blog/har-12-spec/
type (
	harFile struct {
		Log harLog `json:"log"`
	}
	harLog struct {
		Version string     `json:"version"`
		Creator harCreator `json:"creator"`
		Pages   []harPage  `json:"pages"`
		Entries []harEntry `json:"entries"`
		Comment string     `json:"comment,omitempty"`
	}
	harCreator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	harPage struct {
		Started time.Time `json:"startedDateTime"`
		ID      string    `json:"id"`
		Title   string    `json:"title"`
		Timings struct{}  `json:"pageTimings"`
	}
	harEntry struct {
		PageRef  string      `json:"pageref,omitempty"`
		Started  time.Time   `json:"startedDateTime"`
		Time     float64     `json:"time"` // in milliseconds
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Comment  string      `json:"comment,omitempty"`
		// What the proxy received and sent: browsers' tools ignore it.
		Concors *harConcors `json:"_concors,omitempty"`
	}
	harConcors struct {
		Asked   string    `json:"asked"`
		Status  int       `json:"status"`
		Changes []Changed `json:"changes"`
	}
	harRequest struct {
		Method      string      `json:"method"`
		URL         string      `json:"url"`
		HTTPVersion string      `json:"httpVersion"`
		Cookies     []struct{}  `json:"cookies"`
		Headers     []harHeader `json:"headers"`
		QueryString []harHeader `json:"queryString"`
		HeadersSize int         `json:"headersSize"`
		BodySize    int         `json:"bodySize"`
	}
	harResponse struct {
		Status      int         `json:"status"`
		StatusText  string      `json:"statusText"`
		HTTPVersion string      `json:"httpVersion"`
		Cookies     []struct{}  `json:"cookies"`
		Headers     []harHeader `json:"headers"`
		Content     harContent  `json:"content"`
		RedirectURL string      `json:"redirectURL"`
		HeadersSize int         `json:"headersSize"`
		BodySize    int64       `json:"bodySize"`
		Error       string      `json:"_error,omitempty"`
	}
	harContent struct {
		Size     int64  `json:"size"`
		MIMEType string `json:"mimeType"`
	}
	harHeader struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

// WriteHAR writes the requests that are kept as an HTTP Archive, as the API received them and
// responded, and those that [Log.Ask] sent. The URL at the proxy and its changes are in members
// of their own. Bodies are not in it, and the values of injected headers and other secrets are masked.
func (l *Log) WriteHAR(w io.Writer) error {
	l.mu.Lock()
	out := harFile{Log: harLog{Version: "1.2", Creator: harCreator{"concors proxy", report.ToolVersion()}, Pages: []harPage{}, Entries: []harEntry{}}}
	if l.dropped > 0 {
		out.Log.Comment = fmt.Sprintf("%d earlier requests are not kept.", l.dropped)
	}
	m := secret.Uniform()
	m.Keep(l.options.APIs...)
	m.Keep(l.options.Pages...)
	pages := map[string]string{}
	add := func(page string, started time.Time, e harEntry) {
		if page != "" {
			id, known := pages[page]
			if !known {
				id = "page_" + itoa(len(pages)+1)
				pages[page] = id
				out.Log.Pages = append(out.Log.Pages, harPage{Started: started, ID: id, Title: page + "/"})
			}
			e.PageRef = id
		}
		out.Log.Entries = append(out.Log.Entries, e)
	}
	for _, r := range l.kept {
		if r.Target == "" || r.Own || r.Preflight { // the API did not see it
			continue
		}
		add(l.page(r), r.Started, recordEntry(r))
	}
	for _, k := range l.order {
		if k.asked != nil {
			for _, x := range k.asked.sent {
				add(x.page, x.started, sentEntry(x))
			}
		}
	}
	slices.SortStableFunc(out.Log.Entries, func(a, b harEntry) int { return a.Started.Compare(b.Started) })
	l.mu.Unlock()
	return term.WriteJSON(w, secret.Copy(m, out))
}

// recordEntry is the request that the API received from the proxy, with *** for injected headers.
func recordEntry(r proxy.Record) harEntry {
	request := r.Request.Clone()
	for _, c := range r.Changes {
		if c.Kind == proxy.Secret && strings.HasPrefix(c.Why, "the header was added") {
			request.Set(c.Field, secret.Mask)
		}
		if c.Kind == proxy.Requested && c.Field != "Cookie" && request.Get(c.Field) != "" {
			request.Set(c.Field, c.To)
		}
	}
	e := entryOf(r.Started, r.Took, r.Method, r.Target, request, r.Upstream, r.Received)
	e.Response.Content.Size = r.Bytes
	e.Concors = &harConcors{Asked: r.Asked, Status: r.Status, Changes: requestOf(r).Changes}
	if r.Fault != nil {
		e.Response.Error, e.Comment = string(r.Fault.Kind), r.Fault.Text
	}
	return e
}

// sentEntry is a request that was sent as the page's browser would send it.
func sentEntry(x sentExchange) harEntry {
	e := entryOf(x.started, 0, x.method, x.url, x.request, x.status, x.response)
	e.Comment = x.comment
	return e
}

func entryOf(started time.Time, took time.Duration, method, target string, request http.Header, status int, response http.Header) harEntry {
	ms := float64(took) / float64(time.Millisecond)
	if u, err := url.Parse(target); err == nil {
		request.Set("Host", u.Host)
	}
	return harEntry{Started: started, Time: ms, Timings: harTimings{Wait: ms},
		Request: harRequest{Method: method, URL: target, HTTPVersion: "HTTP/1.1", Cookies: []struct{}{},
			Headers: harHeaders(request), QueryString: queryOf(target), HeadersSize: -1, BodySize: -1},
		Response: harResponse{Status: status, StatusText: http.StatusText(status), HTTPVersion: "HTTP/1.1", Cookies: []struct{}{},
			Headers: harHeaders(response), Content: harContent{MIMEType: response.Get("Content-Type")},
			RedirectURL: response.Get("Location"), HeadersSize: -1, BodySize: -1}}
}

func harHeaders(h http.Header) []harHeader {
	list := []harHeader{}
	for _, name := range sortedNames(h) {
		for _, value := range h[name] {
			list = append(list, harHeader{name, value})
		}
	}
	return list
}

func queryOf(s string) []harHeader {
	list := []harHeader{}
	_, query, _ := strings.Cut(s, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, found := strings.Cut(pair, "=")
		if !found && name == "" {
			continue
		}
		n, err := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err == nil && err2 == nil {
			list = append(list, harHeader{n, v})
		}
	}
	return list
}
