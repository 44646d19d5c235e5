package corstest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/internal/field"
)

// A textWriter collects lines of text.
type textWriter struct{ b strings.Builder }

// line writes a text of one or more lines, all indented.
func (w *textWriter) line(indent int, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			w.b.WriteString(strings.Repeat(" ", indent) + line)
		}
		w.b.WriteByte('\n')
	}
}

func (w *textWriter) String() string { return strings.TrimRight(w.b.String(), "\n") }

// trace writes the requests and responses of a fetch, and the browser's steps. It
// shows the page's own request headers, and those that matter to CORS.
func (w *textWriter) trace(trace *fetch.Trace, own fetch.HeaderList) {
	if len(trace.Exchanges) == 0 {
		w.line(2, "Nothing was sent.")
	} else {
		w.line(2, "Requests and responses:")
	}
	for i := range trace.Exchanges {
		w.exchange(4, &trace.Exchanges[i], own)
	}
	if len(trace.Steps) == 0 {
		return
	}
	w.line(2, "Steps of the browser:")
	for i, s := range trace.Steps {
		w.step(i+1, &s)
	}
}

func (w *textWriter) step(number int, s *fetch.Step) {
	w.line(4, fmt.Sprintf("%d. %s: %s. %s", number, s.Algorithm, s.Result, printable(s.Outcome)))
	for _, in := range s.Inputs {
		value := printable(in.Value)
		if in.Value == "" {
			value = "(empty)"
		}
		w.line(7, in.Name+" = "+value)
	}
	if s.Deviation != 0 {
		w.line(7, "This browser deviates from the standard here: "+s.Deviation.Explanation())
	}
}

func (w *textWriter) exchange(indent int, x *fetch.Exchange, own fetch.HeaderList) {
	first := "> " + x.Method + " " + printable(x.URL)
	if x.Preflight {
		first += "   (preflight)"
	}
	w.line(indent, first)
	w.headers(indent, "> ", x.Header, func(name string) bool {
		return isCORSRequestHeader(name) || own.Contains(name)
	})
	if x.Err != nil {
		w.line(indent, "< no response: "+printable(x.Err.Error()))
		return
	}
	w.line(indent, strings.TrimRight("< "+strconv.Itoa(x.Status)+" "+http.StatusText(x.Status), " "))
	w.headers(indent, "< ", x.ResponseHeader, isCORSResponseHeader)
	for _, n := range x.Withheld {
		w.line(indent, "  the cookie "+printable(n.Name)+" was not sent: "+cookieReason(n.Reason))
	}
	for _, n := range x.Refused {
		w.line(indent, "  the cookie "+printable(n.Name)+" was not stored: "+cookieReason(n.Reason))
	}
}

// headers writes the headers to show, and the number of the others.
func (w *textWriter) headers(indent int, prefix string, list fetch.HeaderList, shown func(name string) bool) {
	others := 0
	for _, h := range list {
		if shown(h.Name) {
			w.line(indent, prefix+h.Name+": "+redacted(h))
		} else {
			others++
		}
	}
	if others > 0 {
		w.line(indent, fmt.Sprintf("%s(and %d more)", prefix, others))
	}
}

// isCORSRequestHeader reports whether a failure can depend on the request header.
func isCORSRequestHeader(name string) bool {
	switch field.Lower(name) {
	case "origin", "access-control-request-method", "access-control-request-headers",
		"cookie", "authorization", "content-type":
		return true
	}
	return false
}

// isCORSResponseHeader reports whether a failure can depend on the response
// header.
func isCORSResponseHeader(name string) bool {
	name = field.Lower(name)
	return strings.HasPrefix(name, "access-control-") || strings.HasPrefix(name, "x-") || slices.Contains([]string{
		"vary", "location", "set-cookie", "allow", "www-authenticate", "cross-origin-resource-policy", "content-type",
	}, name)
}

// redacted is a header's value without credentials, because the logs of tests are
// often public.
func redacted(h fetch.Header) string {
	switch field.Lower(h.Name) {
	case "authorization":
		scheme, _, _ := strings.Cut(h.Value, " ")
		return printable(scheme) + " …"
	case "cookie":
		var names []string
		for pair := range strings.SplitSeq(h.Value, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
			names = append(names, printable(name)+"=…")
		}
		return strings.Join(names, "; ")
	case "set-cookie":
		pair, attributes, ok := strings.Cut(h.Value, ";")
		name, _, _ := strings.Cut(pair, "=")
		if ok {
			attributes = ";" + attributes
		}
		return printable(name) + "=…" + printable(attributes)
	}
	return printable(h.Value)
}
