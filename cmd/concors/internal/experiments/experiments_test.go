package experiments_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
)

// everywhere is how an experiment ends where all browsers agree.
func everywhere(r reason.Reason) map[string]reason.Reason {
	return map[string]reason.Reason{"chromium": r, "firefox": r, "webkit": r, "standard": r}
}

func everywhereBut(browser string, its, others reason.Reason) map[string]reason.Reason {
	m := everywhere(others)
	m[browser] = its
	return m
}

// reasons says what blocks each experiment's request in each browser; 0 is allowed.
var reasons = map[string]map[string]reason.Reason{
	"missing-allow-origin":              everywhere(reason.MissingAllowOriginHeader),
	"simple-get":                        everywhere(0),
	"wildcard":                          everywhere(0),
	"same-origin":                       everywhere(0),
	"origin-mismatch":                   everywhere(reason.AllowOriginMismatch),
	"several-origins":                   everywhere(reason.MultipleAllowOriginValues),
	"duplicate-header":                  everywhere(reason.MultipleAllowOriginValues),
	"invalid-origin":                    everywhere(reason.InvalidAllowOriginValue),
	"null-origin":                       everywhere(reason.AllowOriginMismatch),
	"error-without-headers":             everywhere(reason.MissingAllowOriginHeader),
	"hidden-headers":                    everywhere(0),
	"exposed-headers":                   everywhere(0),
	"credentials":                       everywhere(0),
	"wildcard-with-credentials":         everywhere(reason.WildcardOriginNotAllowed),
	"credentials-not-allowed":           everywhere(reason.InvalidAllowCredentials),
	"credentials-spelling":              everywhere(reason.InvalidAllowCredentials),
	"cookie-samesite":                   everywhere(0),
	"preflight":                         everywhere(0),
	"preflight-without-headers":         everywhere(reason.PreflightMissingAllowOriginHeader),
	"preflight-404":                     everywhere(reason.PreflightInvalidStatus),
	"preflight-needs-login":             everywhere(reason.PreflightInvalidStatus),
	"preflight-redirect":                everywhere(reason.PreflightDisallowedRedirect),
	"method-not-allowed":                everywhere(reason.MethodDisallowedByPreflightResponse),
	"method-lower-case":                 everywhere(reason.MethodDisallowedByPreflightResponse),
	"header-not-allowed":                everywhere(reason.HeaderDisallowedByPreflightResponse),
	"authorization-and-wildcard":        everywhereBut("standard", reason.HeaderDisallowedByPreflightResponse, 0),
	"headers-wildcard-with-credentials": everywhere(reason.HeaderDisallowedByPreflightResponse),
	"allow-headers-syntax":              everywhere(reason.InvalidAllowHeadersPreflightResponse),
	"upload-listener":                   everywhere(reason.PreflightMissingAllowOriginHeader),
	"sent-anyway":                       everywhere(reason.MissingAllowOriginHeader),
	"no-cors-opaque":                    everywhereBut("standard", reason.OpaqueResponseBlocked, 0),
	"mode-same-origin":                  everywhere(reason.DisallowedByMode),
	"redirect-without-headers":          everywhere(reason.MissingAllowOriginHeader),
	"redirect-tainted":                  everywhere(reason.AllowOriginMismatch),
	"redirect-with-userinfo":            everywhere(reason.RedirectContainsCredentials),
	"redirect-manual":                   everywhere(0),
	"image":                             everywhere(0),
	"image-crossorigin":                 everywhere(reason.MissingAllowOriginHeader),
	"font":                              everywhereBut("webkit", 0, reason.MissingAllowOriginHeader),
	"corp":                              everywhere(reason.CorpNotSameOrigin),
	"coep":                              everywhere(reason.CorpNotSameOriginAfterDefaultedByCoep),
	"nosniff-script":                    everywhere(reason.NosniffMIMETypeMismatch),
	"orb":                               everywhereBut("webkit", 0, reason.OpaqueResponseBlocked),
	"local-network":                     everywhereBut("webkit", reason.MixedContent, reason.LocalNetworkAccessPermissionDenied),
	"mixed-content":                     everywhere(reason.MixedContent),
	"blocked-port":                      everywhere(reason.BlockedPort),
	"no-response":                       everywhere(reason.ConnectionFailed),
}

func TestEachExperimentEndsAsExpectedInEveryBrowser(t *testing.T) {
	all := experiments.Demo()
	if len(all) != len(reasons) {
		t.Errorf("%d experiments and %d expectations", len(all), len(reasons))
	}
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			want, ok := reasons[s.Name]
			if !ok {
				t.Fatal("no expected reasons for this experiment")
			}
			rep := run(t, s)
			if len(rep.Results) != len(want) {
				t.Fatalf("%d results, want %d", len(rep.Results), len(want))
			}
			for _, r := range rep.Results {
				if r.Reason != want[r.Browser] {
					t.Errorf("%s: reason %v, want %v", r.Browser, r.Reason, want[r.Browser])
				}
			}
			text := present(t, s, rep)
			for _, r := range rep.Results {
				alone := *rep
				alone.Results, alone.Agree = []request.BrowserResult{r}, true
				text += present(t, s, &alone)
			}
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				isLink := strings.HasPrefix(strings.TrimSpace(line), "https://")
				if n := utf8.RuneCountInString(line); n > 80 && !isLink {
					t.Errorf("%d columns: %s", n, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("trailing blanks: %q", line)
				}
			}
		})
	}
}

func run(t *testing.T, s experiments.Experiment) *report.Report {
	t.Helper()
	server, err := experiments.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	q := server.Question()
	q.As = "all"
	result, err := request.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return report.New(result, nil)
}

func present(t *testing.T, s experiments.Experiment, r *report.Report) string {
	t.Helper()
	var b strings.Builder
	for _, parts := range []report.Parts{0, report.All} {
		err := r.WriteText(&b, report.TextOptions{Parts: parts, Intro: s.Introduction(term.Width), After: s.Conclusion(term.Width)})
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestTheCourseVisitsEachExperimentOnce(t *testing.T) {
	seen := map[string]bool{}
	e := experiments.First()
	for !seen[e.Name] {
		seen[e.Name] = true
		e = e.Next()
	}
	if e.Name != experiments.First().Name || len(seen) != len(experiments.Demo()) {
		t.Errorf("the course returns to %s after %d of %d experiments", e.Name, len(seen), len(experiments.Demo()))
	}
}

func TestLessonsFillTwoLines(t *testing.T) {
	for _, e := range experiments.All() {
		if n := strings.Count(e.Lesson, "\n"); n != 1 {
			t.Errorf("%s: the lesson has %d lines, want 2", e.Name, n+1)
		}
	}
}

// A page in a browser will run the experiments from their JSON, so nothing of an
// experiment may be lost on that way.
func TestExperimentsAreData(t *testing.T) {
	for _, e := range experiments.All() {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back experiments.Experiment
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, e) {
			t.Errorf("%s: JSON changes %+v to %+v", e.Name, e, back)
		}
	}
}

func TestTheFirstRuleThatMatchesResponds(t *testing.T) {
	e := experiments.Experiment{Servers: []experiments.Rule{
		{Host: "a.localhost", Path: "/x", Response: experiments.Response{Status: 201}},
		{Method: "OPTIONS", Response: experiments.Response{Status: 202}},
		{Cookie: "sid", Response: experiments.Response{Status: 203, Header: []string{"Content-Type: text/plain", "X-A: 1", "X-A: 2"}, Body: "hello"}},
	}}
	for _, row := range []struct {
		name, method, url, cookie string
		status                    int
	}{
		{"host and path match", "GET", "http://a.localhost/x", "", 201},
		{"the method matches", "OPTIONS", "http://b.localhost/x", "", 202},
		{"the cookie is there", "GET", "http://b.localhost/x", "sid=1", 203},
		{"only the host matches", "GET", "http://a.localhost/y", "", 404},
		{"another cookie is there", "GET", "http://b.localhost/x", "id=1", 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest(row.method, row.url, nil)
			if row.cookie != "" {
				r.Header.Set("Cookie", row.cookie)
			}
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			if w.Code != row.status {
				t.Errorf("status %d, want %d", w.Code, row.status)
			}
			if row.status == 203 && (w.Body.String() != "hello" || w.Header().Get("Content-Type") != "text/plain" || len(w.Header().Values("X-A")) != 2) {
				t.Errorf("response %q with %v", w.Body, w.Header())
			}
		})
	}
}

func TestExperimentsDoNotLeaveTheMachine(t *testing.T) {
	server, err := experiments.Start(experiments.First())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for address, ok := range map[string]bool{
		"api.localhost:80": true, "localhost:443": true, "notlocalhost:80": false, "api.example:80": false, "127.0.0.1:80": false, "no port": false,
	} {
		var conn net.Conn
		conn, err := server.Question().Dial(context.Background(), "tcp", address)
		if (err == nil) != ok {
			t.Errorf("dialling %s: error %v, want a connection: %v", address, err, ok)
		}
		if err == nil {
			conn.Close()
		}
	}
}
