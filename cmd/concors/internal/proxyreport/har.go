package proxyreport

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
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
		Concors harConcors `json:"_concors"`
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

// WriteHAR writes the requests that are kept as an HTTP Archive: as they would have been
// between the page and the API, without the proxy. Its changes are in members of their
// own. Bodies are not recorded, and secrets are masked.
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
	for _, r := range l.kept {
		if r.Target == "" || r.Own || r.Preflight { // the API did not see it
			continue
		}
		e := l.harEntry(r)
		if page := l.page(r); page != "" {
			id, known := pages[page]
			if !known {
				id = "page_" + itoa(len(pages)+1)
				pages[page] = id
				out.Log.Pages = append(out.Log.Pages, harPage{Started: r.Started, ID: id, Title: page + "/"})
			}
			e.PageRef = id
		}
		out.Log.Entries = append(out.Log.Entries, e)
	}
	l.mu.Unlock()
	return term.WriteJSON(w, secret.Copy(m, out))
}

func (l *Log) harEntry(r proxy.Record) harEntry {
	ms := float64(r.Took) / float64(time.Millisecond)
	request := r.Request.Clone()
	if page := l.page(r); page != "" && request.Get("Sec-Fetch-Mode") == "cors" {
		request.Set("Origin", page) // as the page's browser would send it to the API
		request.Set("Sec-Fetch-Site", "cross-site")
	}
	if u, err := url.Parse(r.Target); err == nil {
		request.Set("Host", u.Host)
	}
	e := harEntry{Started: r.Started, Time: ms, Timings: harTimings{Wait: ms},
		Request: harRequest{Method: r.Method, URL: r.Target, HTTPVersion: "HTTP/1.1", Cookies: []struct{}{},
			Headers: harHeaders(request), QueryString: queryOf(r.Target), HeadersSize: -1, BodySize: -1},
		Response: harResponse{Status: r.Upstream, StatusText: http.StatusText(r.Upstream), HTTPVersion: "HTTP/1.1",
			Cookies: []struct{}{}, Headers: harHeaders(r.Received), Content: harContent{r.Bytes, r.Received.Get("Content-Type")},
			RedirectURL: r.Received.Get("Location"), HeadersSize: -1, BodySize: -1},
		Concors: harConcors{Asked: r.Asked, Status: r.Status, Changes: requestOf(r).Changes}}
	if r.Fault != nil {
		e.Response.Error = string(r.Fault.Kind)
		e.Comment = r.Fault.Text
	}
	return e
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
