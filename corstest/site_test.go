package corstest_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
)

func TestURL(t *testing.T) {
	server := httptest.NewServer(http.StripPrefix("/v1", items()))
	defer server.Close()
	site := corstest.URL(t, server.URL+"/v1/")
	site.From(app).Fetch("GET", "items").MayRead().HasBody("[]")
	site.From(app).Fetch("PUT", "/v1/items", corstest.Credentials()).WasPreflighted().MayRead()
	site.From("http://localhost:3000").Fetch("GET", server.URL+"/v1/gone").HasStatus(410)
	corstest.ForeignOriginsAreBlocked(t, site.WithProfiles(fetch.Standard), promised.Origins)
}

func TestWithTransport(t *testing.T) {
	server := httptest.NewTLSServer(items())
	defer server.Close()
	transport := fetch.NewTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	defer transport.CloseIdleConnections()
	corstest.URL(t, server.URL).WithTransport(transport).From(app).Fetch("GET", "/items").MayRead()

	closed := httptest.NewServer(nil)
	closed.Close()
	f := run(func(tb testing.TB) { corstest.URL(tb, closed.URL).From(app).Fetch("GET", "/").MayRead() })
	if !strings.Contains(f.text(), "there is no response. ") || !strings.Contains(f.text(), "(ConnectionFailed)") || !strings.Contains(f.text(), "Check that the server runs") {
		t.Error(f.text())
	}
}

func TestCookiesOfOneFetchAreSentWithTheNext(t *testing.T) {
	site := corstest.Handler(t, items()).WithURL("https://api.example.com")
	page := site.From(app)
	page.Fetch("GET", "/login", corstest.Credentials()).MayRead().SentNoCookie()
	page.Fetch("GET", "/items", corstest.Credentials()).SentCookie("session")
	site.WithTB(t).From(app).Fetch("GET", "/items", corstest.Credentials()).SentCookie("session")
	corstest.Handler(t, items()).WithURL("https://api.example.com").From(app).Fetch("GET", "/items", corstest.Credentials()).SentNoCookie()
}

func TestResults(t *testing.T) {
	o := corstest.Handler(t, items()).From(app).Fetch("GET", "/items")
	if len(o.Results) != len(fetch.Profiles()) {
		t.Fatalf("%d results, want one for each profile", len(o.Results))
	}
	for _, r := range o.Results {
		if v, _ := r.Header.Get("X-Total-Count"); v != "3" || string(r.Body) != "[]" || r.Type != fetch.TypeCORS || len(r.Trace.Steps) == 0 {
			t.Errorf("%s: %+v", r.Profile.Name, r)
		}
	}
}

// Parallel tests may share a site. Run this with -race.
func TestSiteInParallelTests(t *testing.T) {
	site := corstest.Handler(t, items())
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			page := site.WithTB(t).From(app)
			page.Fetch("PUT", "/login", corstest.Credentials()).WasPreflighted().MayRead().After(time.Second).WasNotPreflighted()
		})
	}
}
