package proxy

import (
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/upstream"
	"github.com/concors/concors/weburl"
)

// No fault advises what does not help.
func TestAdviceFitsTheFault(t *testing.T) {
	p := testProxy(t, Config{Routes: []Route{testRoute(t, "", "https://api.example.com", false)}})
	for _, test := range []struct {
		fault     *upstream.Error
		want, not string
	}{
		{&upstream.Error{Kind: upstream.Certificate, Text: "the certificate of a is not valid: it is for another name"}, "write the name that it is for", "--upstream-ca"},
		{&upstream.Error{Kind: upstream.Certificate, Text: "the certificate of a is not valid: it is self-signed"}, "--upstream-ca", ""},
		{&upstream.Error{Kind: upstream.Certificate, Text: "the certificate of a is not valid: it expired on 2020-01-01"}, "--insecure-upstream", "--upstream-ca"},
		{&upstream.Error{Kind: upstream.NotAllowedAddress, Text: "a has the address 169.254.169.254", Never: true}, "", "--allow-private"},
		{&upstream.Error{Kind: upstream.NotAllowedAddress, Text: "a has the address 10.0.0.1"}, "--allow-private", ""},
		{&upstream.Error{Kind: upstream.Unreachable, Text: "the proxy that the environment names cannot be reached: refused"}, "", "is the API running"},
		{&upstream.Error{Kind: upstream.Unreachable, Text: "nothing listens at a"}, "is the API running", ""},
	} {
		text := p.faultOf(test.fault, p.routes[0]).Text
		if !strings.Contains(text, test.want) || test.not != "" && strings.Contains(text, test.not) {
			t.Errorf("%s: %s", test.fault.Text, text)
		}
	}
	for to, want := range map[string]string{"http://169.254.169.254/latest": "no route may lead there", "https://other.example/": "allow it with another route"} {
		u, err := weburl.Parse(to, nil)
		if err != nil {
			t.Fatal(err)
		}
		if advice := p.adviceFor(u, p.routes[0]); !strings.Contains(advice, want) {
			t.Errorf("%s: %s", to, advice)
		}
	}
	p.Close()
	if f := p.faultOf(&upstream.Error{Kind: upstream.Cancelled, Text: "the client closed the connection"}, p.routes[0]); f.Text != endedWithProxy {
		t.Error(f.Text)
	}
}

func TestOneURLIsSingular(t *testing.T) {
	for n, want := range map[int]string{1: "1 absolute URL in the body leads", 2: "2 absolute URLs in the body lead"} {
		if got := absoluteURLs(n); got != want {
			t.Error(got)
		}
	}
}
