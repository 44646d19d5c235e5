package cors_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/cors"
)

// listMistakes are values that people write in lists of methods and headers.
var listMistakes = []struct {
	field, value string
	problem      string // part of the text
	instead      string // separated by spaces
}{
	{"Methods", "GET, PUT", "2 values", "GET PUT"},
	{"Methods", "GET,PUT,", "2 values", "GET PUT"},
	{"Methods", "GET PUT", "2 values", "GET PUT"},
	{"Methods", "GET;PUT", "2 values", "GET PUT"},
	{"Methods", "GET|PUT", "2 values", "GET PUT"},
	{"Methods", "GET/PUT", "2 values", "GET PUT"},
	{"Methods", `["GET","PUT"]`, "a whole list", "GET PUT"},
	{"Methods", "*, PUT", "2 values", "* PUT"},
	{"Methods", "put, TRACE", "2 values", ""},
	{"Methods", `"PUT"`, "quotes", "PUT"},
	{"Methods", `'PUT'`, "quotes", "PUT"},
	{"Methods", "PUT ", "a space at the end", "PUT"},
	{"Methods", "PUT\u200b", "U+200B", "PUT"},
	{"Methods", "", "environment variable", ""},
	{"Methods", " ", "environment variable", ""},
	{"Methods", "$METHODS", "placeholder", ""},
	{"Methods", "undefined", "missing value", ""},
	{"Methods", "true", "a setting of other libraries", ""},
	{"ExposedHeaders", "False", "a setting of other libraries", ""},
	{"Methods", "all", "* stands for all", "*"},
	{"Methods", "put", "PUT", "PUT"},
	{"RequestHeaders", "Content-Type, Authorization", "2 values", "Content-Type Authorization"},
	{"RequestHeaders", "Content-Type Authorization", "2 values", "Content-Type Authorization"},
	{"RequestHeaders", "Content Type", "a space in it", ""},
	{"RequestHeaders", "X-Foo: bar", "a colon", "X-Foo"},
	{"RequestHeaders", "X-Foo:", "a colon", "X-Foo"},
	{"RequestHeaders", "'X-Foo'", "quotes", "X-Foo"},
	{"RequestHeaders", "“X-Foo”", "quotes", "X-Foo"},
	{"RequestHeaders", "X-Foo\u00a0", "U+00A0", "X-Foo"},
	{"RequestHeaders", "", "environment variable", ""},
	{"RequestHeaders", "${HEADERS}", "placeholder", ""},
	{"RequestHeaders", "%HEADERS%", "placeholder", ""},
	{"RequestHeaders", "null", "missing value", ""},
	{"RequestHeaders", "X-A|X-B", "2 values", "X-A X-B"},
	{"RequestHeaders", "Access-Control-Allow-Origin", "response header", ""},
	{"ExposedHeaders", "X-Total-Count,Link", "2 values", "X-Total-Count Link"},
	{"ExposedHeaders", "X-Total-Count, Set-Cookie", "2 values", ""},
	{"ExposedHeaders", "ETag: 1", "a colon", "ETag"},
	{"ExposedHeaders", "`ETag`", "quotes", "ETag"},
	{"ExposedHeaders", "", "environment variable", ""},
	{"LookupKeyHeaders", "X-Tenant, X-Client", "2 values", "X-Tenant X-Client"},
	{"LookupKeyHeaders", "", "environment variable", ""},
	{"Self", "https://a.example, https://b.example", "2 values", "https://a.example https://b.example"},
	{"Self", ".a.example", "begin with a dot", ""},
}

func policyWith(field string, values ...string) cors.Policy {
	p := cors.Policy{Origins: []string{"https://a.test"}}
	lists := map[string]*[]string{"Origins": &p.Origins, "Methods": &p.Methods, "RequestHeaders": &p.RequestHeaders,
		"ExposedHeaders": &p.ExposedHeaders, "LookupKeyHeaders": &p.LookupKeyHeaders, "Self": &p.Self}
	*lists[field] = values
	return p
}

func TestCommonMistakesInLists(t *testing.T) {
	for _, row := range listMistakes {
		_, err := cors.New(policyWith(row.field, row.value))
		faults := cors.Faults(err)
		if len(faults) != 1 {
			t.Errorf("%s %q: %d faults", row.field, row.value, len(faults))
			continue
		}
		f := faults[0]
		if !strings.Contains(f.Error(), row.problem) || strings.Join(f.Instead, " ") != row.instead || f.Value != row.value {
			t.Errorf("%v (instead %q), want %q, instead %q", f, f.Instead, row.problem, row.instead)
		}
	}
}

// TestFaultsSuggestValidValues checks that what a fault suggests has no fault in the same place, and that
// it grants nothing that the text did not name.
func TestFaultsSuggestValidValues(t *testing.T) {
	values := []string{"https://a.example, *.b.example", "'https://a.example'", `^https://(a|b)\.example$`, "https://a.example:443/x", "all", "*://*.a.example"}
	for _, row := range listMistakes {
		values = append(values, row.value)
	}
	suggested := 0
	for _, field := range []string{"Origins", "Methods", "RequestHeaders", "ExposedHeaders", "LookupKeyHeaders", "Self"} {
		for _, value := range values {
			_, err := cors.New(policyWith(field, value))
			for _, f := range cors.Faults(err) {
				if f.Instead == nil {
					continue
				}
				suggested++
				if _, err := cors.New(policyWith(field, f.Instead...)); err != nil {
					t.Errorf("%v: the suggestion %q has a fault: %v", f, f.Instead, err)
				}
				if slices.Contains(f.Instead, "*") && !strings.Contains(value, "*") && value != "all" {
					t.Errorf("%v: * is suggested", f)
				}
			}
		}
	}
	if suggested < 60 {
		t.Errorf("only %d suggestions", suggested)
	}
}

func TestMaxAgeInOtherUnits(t *testing.T) {
	for _, row := range []struct {
		age  int
		want string // part of the text
	}{
		{3_600_000, "write 3600 if these are milliseconds"},
		{600_000_000_000, "write 600 if these are nanoseconds"},
		{86_401, "write 86400 or less"},
		{-5, "-1 to disable caching"},
	} {
		faults := cors.Policy{Origins: []string{"https://a.test"}, MaxAgeSeconds: row.age}.Check()
		if len(faults) != 1 || !strings.Contains(faults[0].Error(), row.want) {
			t.Errorf("%d: %v", row.age, faults)
		}
	}
}

// TestRequestHeadersInExposedHeaders checks both sides of the table of headers that only requests have.
func TestRequestHeadersInExposedHeaders(t *testing.T) {
	faulty := []string{
		"Access-Control-Request-Method", "access-control-request-headers", "Origin", "Host", "Cookie", "Referer", "User-Agent", "TE", "Expect",
		"Max-Forwards", "DNT", "Upgrade-Insecure-Requests", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range",
		"Accept-Charset", "Accept-Language", "Proxy-Authorization", "Sec-Fetch-Site", "Sec-CH-UA", "Sec-GPC", "Sec-Purpose",
	}
	for _, name := range faulty {
		_, err := cors.New(policyWith("ExposedHeaders", name))
		faults := cors.Faults(err)
		if len(faults) != 1 || faults[0].Reason != cors.FaultForbiddenHeader || !strings.Contains(faults[0].Error(), "RequestHeaders") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{
		"Authorization", "Range", "Accept", "Accept-Encoding", "Accept-Ranges", "X-Requested-With", "X-Forwarded-For", "Date", "Via", "Connection",
		"Content-Length", "Sec-WebSocket-Accept", "ETag", "Link", "Location", "Vary", "WWW-Authenticate", "Access-Control-Allow-Origin", "X-Origin", "Hostname",
	} {
		if _, err := cors.New(policyWith("ExposedHeaders", name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestForbiddenNamesInPreflights checks that names which no script can set never cause a refusal, and
// that every other name does if it is not listed.
func TestForbiddenNamesInPreflights(t *testing.T) {
	const origin = "https://a.test"
	many := []string{"X-A"}
	for _, c := range "bcdefghijk" {
		many = append(many, "X-"+string(c))
	}
	for name, p := range map[string]cors.Policy{
		"no names":  {Origins: []string{origin}},
		"one name":  {Origins: []string{origin}, RequestHeaders: []string{"X-A"}},
		"listed":    {Origins: []string{origin}, RequestHeaders: []string{"X-A", "Origin", "Host"}},
		"a set":     {Origins: []string{origin}, RequestHeaders: many},
		"any":       {Origins: []string{origin}, RequestHeaders: []string{"*"}},
		"any, told": {Origins: []string{origin}, RequestHeaders: []string{"*"}, Credentials: true},
	} {
		m := cors.MustNew(p)
		decide := func(lines ...string) bool {
			return m.Decide(t.Context(), cors.Request{Method: "OPTIONS", Origin: []string{origin}, RequestMethod: []string{"GET"}, RequestHeaders: lines}).Allowed
		}
		for _, forbidden := range []string{
			"origin", "Origin", "host", "accept-encoding", "accept-charset", "access-control-request-headers", "access-control-request-method", "connection",
			"content-length", "cookie", "date", "dnt", "expect", "keep-alive", "referer", "te", "trailer", "transfer-encoding", "upgrade", "via",
			"proxy-authorization", "proxy-x", "sec-fetch-site", "Sec-CH-UA-Full-Version-List", "sec-x", "set-cookie",
		} {
			if !decide(forbidden) || !decide("host, "+forbidden+" ,origin") || !decide("host", forbidden) {
				t.Errorf("%s: a preflight with %s is refused", name, forbidden)
			}
			if len(p.RequestHeaders) > 0 && (!decide("x-a,"+forbidden) || !decide(forbidden+",x-a")) {
				t.Errorf("%s: a preflight with %s and x-a is refused", name, forbidden)
			}
		}
		if strings.HasPrefix(name, "any") {
			if decide("origin,authorization") {
				t.Errorf("%s: authorization is granted", name)
			}
			continue
		}
		for _, other := range []string{
			"authorization", "x-b2", "origins", "x-origin", "hosts", "user-agent", "accept-encodings", "secx", "sec", "proxy", "xsec-a", "x-http-method-override",
			"content-type", "access-control-allow-origin", "or igin", "origin:x", "sec-(", strings.Repeat("sec-x", 30),
		} {
			if decide(other) || decide("origin,"+other) || decide(other+",origin") {
				t.Errorf("%s: a preflight with %s is granted", name, other)
			}
		}
	}
}

// TestForbiddenNamesAreNotSentBack checks that the response lists what the policy lists and no more.
func TestForbiddenNamesAreNotSentBack(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A"}})
	got := send(m.Wrap(hello), preflightPUT+"\nAccess-Control-Request-Headers: host,origin,x-a")
	if !strings.Contains(got, "Allow-Headers: x-a\n") {
		t.Errorf("%s", got)
	}
}

// TestPassThrough checks that a middleware can stop to apply a policy and begin again while it serves.
func TestPassThrough(t *testing.T) {
	policy := cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}, RejectRefused: true}
	m := cors.MustNew(policy)
	h := m.Wrap(hello)
	const get, foreign = "GET\nOrigin: https://a.test", "GET\nOrigin: https://b.test"
	with := []string{send(h, get), send(h, foreign), send(h, preflightPUT)}
	m.PassThrough()
	for _, request := range []string{get, foreign, preflightPUT, "GET"} {
		if got, want := send(h, request), send(hello, request); got != want {
			t.Errorf("passing through: %s\n%s\nwant\n%s", request, got, want)
		}
	}
	if p := m.Policy(); len(p.Origins) > 0 || m.Warnings() != nil {
		t.Errorf("the policy is %+v", p)
	}
	if err := m.Reconfigure(cors.Policy{}); err == nil || !strings.Contains(err.Error(), "PassThrough") {
		t.Errorf("a zero policy: %v", err)
	}
	if err := m.Reconfigure(policy); err != nil {
		t.Fatal(err)
	}
	if again := []string{send(h, get), send(h, foreign), send(h, preflightPUT)}; !slices.Equal(again, with) {
		t.Errorf("%q, want %q", again, with)
	}
}

// TestPassThroughWhileServing is for the race detector. Each response is one of the two.
func TestPassThroughWhileServing(t *testing.T) {
	policy := cors.Policy{Origins: []string{"https://a.test"}}
	m := cors.MustNew(policy)
	m.SetObserver(func(*http.Request, cors.Decision) {})
	h := m.Wrap(hello)
	const get = "GET\nOrigin: https://a.test"
	allowed, plain := send(h, get), send(hello, get)
	var serving, changing sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		serving.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if got := send(h, get); got != allowed && got != plain {
					t.Errorf("%s", got)
					return
				}
			}
		})
		changing.Go(func() {
			for range 200 {
				m.PassThrough()
				if err := m.Reconfigure(policy); err != nil {
					t.Error(err)
				}
			}
		})
	}
	changing.Wait()
	close(done)
	serving.Wait()
	if got := send(h, get); got != allowed {
		t.Errorf("after the last Reconfigure: %s", got)
	}
}
