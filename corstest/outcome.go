package corstest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
)

// An Outcome is what a request resulted in, in every browser. Its methods are
// assertions. An assertion that fails in any browser is an error of the test
// (Errorf), and the test goes on. Each assertion returns the Outcome, so that
// they can be chained. An Outcome is not safe for concurrent use.
type Outcome struct {
	// Results has one Result for each of the site's profiles, in their order, for
	// what no assertion covers.
	Results []Result

	site    *Site
	page    *Page
	request fetch.Request
	stream  []byte // the bytes of the request's body, if it is a stream
	agents  []*fetch.Agent
	clock   *clock
}

// fetchTimeout limits one fetch, including the body.
const fetchTimeout = 60 * time.Second

// run makes the request in every browser.
func (o *Outcome) run() {
	for _, agent := range o.agents {
		o.Results = append(o.Results, o.fetch(agent))
	}
}

func (o *Outcome) fetch(agent *fetch.Agent) Result {
	ctx, cancel := context.WithTimeout(o.site.tb.Context(), fetchTimeout)
	defer cancel()
	return fetchOnce(ctx, agent, withStream(o.request, o.stream))
}

// After repeats the request as if some time had passed, in the same browsers with
// their preflight caches. It tests Access-Control-Max-Age without waiting: only
// the clock of the preflight caches moves.
//
//	page.Fetch("PUT", "/items/1").WasPreflighted().After(time.Minute).WasNotPreflighted()
func (o *Outcome) After(d time.Duration) *Outcome {
	o.clock.advance(d)
	next := *o
	next.Results = nil
	next.run()
	return &next
}

// MayRead asserts that the page may read the response: the request was not
// blocked, and the response is not opaque.
func (o *Outcome) MayRead() *Outcome {
	o.site.tb.Helper()
	return o.expect("may read the response to", func(r *Result) *failure {
		if r.readable() {
			return nil
		}
		return unreadable(r)
	})
}

// MayNotRead asserts that the page may not read the response, for any reason: the
// request was blocked, or the response is opaque.
func (o *Outcome) MayNotRead() *Outcome {
	o.site.tb.Helper()
	return o.expect("may not read the response to", func(r *Result) *failure {
		if !r.readable() {
			return nil
		}
		return &failure{why: r.allowed()}
	})
}

// IsBlocked asserts that the browser blocked the request. If reasons are given, it
// must be for one of them. Give several where browsers may meet different reasons
// first.
func (o *Outcome) IsBlocked(reasons ...reason.Reason) *Outcome {
	o.site.tb.Helper()
	claim := "is blocked"
	names := make([]string, len(reasons))
	for i, r := range reasons {
		names[i] = r.String()
	}
	if len(names) > 0 {
		claim += " with " + strings.Join(names, " or ")
	}
	return o.expect(claim, func(r *Result) *failure {
		switch {
		case r.Err == nil:
			return &failure{why: r.allowed()}
		case len(reasons) > 0 && !slices.Contains(reasons, r.Err.Reason):
			return &failure{why: r.notReadable()}
		}
		return nil
	})
}

// MayReadHeader asserts that the page may read a header of the response, and that
// the response has it.
func (o *Outcome) MayReadHeader(name string) *Outcome {
	o.site.tb.Helper()
	return o.expect("may read the header "+name+" of the response to", func(r *Result) *failure {
		switch sent := r.serverHeader(); {
		case !r.readable():
			return unreadable(r)
		case r.Header.Contains(name):
			return nil
		case !sent.Contains(name):
			return &failure{why: "the server did not send the header."}
		default:
			return &failure{hiddenHeader(name, sent), fixText(fix.Expose(name, sent, o.credentials()))}
		}
	})
}

// MayNotReadHeader asserts that the page does not see a header of the response,
// whether the server sent it or not.
func (o *Outcome) MayNotReadHeader(name string) *Outcome {
	o.site.tb.Helper()
	return o.expect("may not read the header "+name+" of the response to", func(r *Result) *failure {
		value, seen := r.Header.Get(name)
		if r.Err != nil || !seen {
			return nil
		}
		return &failure{why: "the page can read " + name + ": " + printable(value) + shownBecause(name, r)}
	})
}

// WasPreflighted asserts that the browser sent a preflight (an OPTIONS request)
// before the request.
func (o *Outcome) WasPreflighted() *Outcome {
	o.site.tb.Helper()
	return o.expect("is preflighted", func(r *Result) *failure {
		if r.preflights() > 0 {
			return nil
		}
		return &failure{why: "no preflight was sent. It is a simple request, or an earlier preflight is still cached."}
	})
}

// WasNotPreflighted asserts that the browser sent no preflight: the request is a
// simple request, or an earlier preflight is cached.
func (o *Outcome) WasNotPreflighted() *Outcome {
	o.site.tb.Helper()
	return o.expect("is not preflighted", func(r *Result) *failure {
		if r.preflights() == 0 {
			return nil
		}
		return &failure{why: "a preflight was sent. Browsers send none for a simple request (GET, HEAD or POST, with " +
			"only safelisted headers), and none while an earlier preflight is cached (Access-Control-Max-Age)."}
	})
}

// ReachedServer asserts that the server received the request itself, and not only
// a preflight. The server then carries it out, even if the page may not read the
// response.
func (o *Outcome) ReachedServer() *Outcome {
	o.site.tb.Helper()
	return o.expect("reaches the server", func(r *Result) *failure {
		if r.actual() != nil {
			return nil
		}
		return unreadable(r)
	})
}

// DidNotReachServer asserts that the server received no more than a preflight.
func (o *Outcome) DidNotReachServer() *Outcome {
	o.site.tb.Helper()
	return o.expect("does not reach the server", func(r *Result) *failure {
		switch {
		case r.actual() == nil:
			return nil
		case r.preflights() == 0:
			return &failure{why: "it was sent without a preflight. Browsers send simple requests to every server, " +
				"whatever its CORS headers: to refuse one, the server must check Origin or Sec-Fetch-Site before it acts."}
		}
		return &failure{why: "it was sent after a preflight that allowed it."}
	})
}

// SentCookie asserts that a cookie with this name was sent with the request
// itself. Preflights never have cookies.
func (o *Outcome) SentCookie(name string) *Outcome {
	o.site.tb.Helper()
	return o.expect("sends the cookie "+name, func(r *Result) *failure {
		x := r.actual()
		switch {
		case x == nil:
			return unreadable(r)
		case slices.Contains(cookieNames(x), name):
			return nil
		}
		for _, note := range x.Withheld {
			if note.Name == name {
				return &failure{why: "the browser did not send the cookie. " + cookieReason(note.Reason)}
			}
		}
		if o.credentials() != fetch.CredentialsInclude {
			return &failure{why: "the request was made without credentials. See corstest.Credentials."}
		}
		return &failure{why: "the browser has no cookie with this name for " + printableURL(x.URL) + "."}
	})
}

// SentNoCookie asserts that no cookie was sent with the request itself.
func (o *Outcome) SentNoCookie() *Outcome {
	o.site.tb.Helper()
	return o.expect("sends no cookie", func(r *Result) *failure {
		if x := r.actual(); x != nil && len(cookieNames(x)) > 0 {
			return &failure{why: "it was sent with " + strings.Join(cookieNames(x), ", ") + ". The cookie's " +
				"SameSite, Secure, Domain and Path, and the browser's rules for third-party cookies, decide that."}
		}
		return nil
	})
}

// HasStatus asserts that the page sees this status.
func (o *Outcome) HasStatus(status int) *Outcome {
	o.site.tb.Helper()
	return o.expect(fmt.Sprintf("sees the status %d in the response to", status), func(r *Result) *failure {
		switch {
		case !r.readable():
			return unreadable(r)
		case r.Status != status:
			return &failure{why: fmt.Sprintf("the status is %d.", r.Status)}
		}
		return nil
	})
}

// HasBody asserts that the page sees exactly this body.
func (o *Outcome) HasBody(body string) *Outcome {
	o.site.tb.Helper()
	return o.expect("sees the body "+printable(body)+" in the response to", func(r *Result) *failure {
		switch {
		case !r.readable():
			return unreadable(r)
		case string(r.Body) != body:
			return &failure{why: "the body is " + printable(string(r.Body))}
		}
		return nil
	})
}

// credentials is the request's credentials mode.
func (o *Outcome) credentials() fetch.Credentials {
	if o.request.Credentials == "" {
		return fetch.CredentialsSameOrigin // the default
	}
	return o.request.Credentials
}

// hiddenHeader says why the browser hides a header that the server sent.
func hiddenHeader(name string, sent fetch.HeaderList) string {
	why := "the server sent the header, but the browser hides it from the page."
	if field.IsForbiddenResponseHeaderName(name) {
		return why + " Browsers hide " + name + " from every page: no response header exposes it."
	}
	exposed, ok := sent.Get("Access-Control-Expose-Headers")
	if !ok {
		return why + " The response has no Access-Control-Expose-Headers."
	}
	return why + " The response has Access-Control-Expose-Headers: " + printable(exposed)
}

// shownBecause says why the browser shows a header to the page, as the end of a
// sentence.
func shownBecause(name string, r *Result) string {
	exposed, ok := r.serverHeader().Get("Access-Control-Expose-Headers")
	switch {
	case r.Type == fetch.TypeBasic:
		return " (the page has the server's own origin)"
	case field.IsCORSSafelistedResponseHeaderName(name):
		return " (every page that may read the response may read this header)"
	case ok:
		return " (the response has Access-Control-Expose-Headers: " + printable(exposed) + ")"
	}
	return ""
}
