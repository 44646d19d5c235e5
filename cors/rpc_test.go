package cors_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/fetch"
)

// A call is a request that a browser client of one of the protocols sends.
type call struct {
	name, method, url string
	header            string // "name: value" lines
}

var connectCalls = []call{
	{"unary, JSON", "POST", "/acme.v1.Shop/Buy", "content-type: application/json\nconnect-protocol-version: 1"},
	{"unary, binary, with a timeout", "POST", "/acme.v1.Shop/Buy", "content-type: application/proto\nconnect-protocol-version: 1\nconnect-timeout-ms: 500"},
	{"streaming", "POST", "/acme.v1.Shop/Watch", "content-type: application/connect+proto\nconnect-protocol-version: 1\nx-user-agent: client/1"},
	{"GET", "GET", "/acme.v1.Shop/Find?connect=v1&encoding=json&message=%7B%7D", ""},
	{"GET with a timeout", "GET", "/acme.v1.Shop/Find?connect=v1&encoding=json&message=%7B%7D", "connect-timeout-ms: 500"},
}

var grpcWebCalls = []call{
	{"binary", "POST", "/acme.v1.Shop/Buy", "content-type: application/grpc-web+proto\nx-grpc-web: 1\nx-user-agent: client/1\naccept: application/grpc-web+proto"},
	{"text, with a deadline", "POST", "/acme.v1.Shop/Buy", "content-type: application/grpc-web-text\nx-grpc-web: 1\nx-user-agent: client/1\ngrpc-timeout: 500m"},
}

// send makes a call as a page in a browser, and returns what the page gets.
func (c call) send(t *testing.T, h http.Handler, profile fetch.Profile, page string, more ...fetch.Header) (*fetch.Response, error) {
	t.Helper()
	q := &fetch.Request{Page: &fetch.Page{URL: page}, URL: "https://rpc.test" + c.url, Method: c.method, Mode: fetch.ModeCORS}
	for line := range strings.SplitSeq(c.header, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			q.Header.Append(name, value)
		}
	}
	q.Header = append(q.Header, more...)
	if c.method == "POST" {
		q.Body = fetch.BytesBody([]byte("{}"))
	}
	resp, err := (&fetch.Agent{Profile: profile, Transport: fetch.HandlerTransport(h)}).Fetch(t.Context(), q)
	if err == nil {
		resp.Body.Close()
	}
	return resp, err
}

var rpcServer = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin", "Trailer-Acme-Cost", "Acme-Note"} {
		w.Header().Set(name, "1")
	}
})

func TestRPCClientsAreAllowed(t *testing.T) {
	base := cors.Policy{Origins: []string{"https://app.test"}}
	for _, protocol := range []struct {
		name   string
		policy cors.Policy
		calls  []call
		reads  string // the headers of rpcServer that the client may read
	}{
		{"Connect", base.WithConnect(), connectCalls, ""},
		{"gRPC-Web", base.WithGRPCWeb(), grpcWebCalls, "grpc-message grpc-status grpc-status-details-bin"},
		{"both", base.WithConnect().WithGRPCWeb(), append(connectCalls[:len(connectCalls):len(connectCalls)], grpcWebCalls...), "grpc-message grpc-status grpc-status-details-bin"},
	} {
		h := cors.MustNew(protocol.policy).Wrap(rpcServer)
		withoutProtocol := cors.MustNew(base).Wrap(rpcServer)
		for _, c := range protocol.calls {
			for _, profile := range fetch.Profiles() {
				name := fmt.Sprintf("%s, %s, %s", protocol.name, c.name, profile.Name)
				resp, err := c.send(t, h, profile, "https://app.test/")
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				var reads []string
				for _, n := range resp.Header.Names() {
					if n = strings.ToLower(n); strings.Contains(n, "grpc") || strings.Contains(n, "acme") {
						reads = append(reads, n)
					}
				}
				if got := strings.Join(reads, " "); got != protocol.reads {
					t.Errorf("%s: reads %q, want %q", name, got, protocol.reads)
				}
				if _, err := c.send(t, h, profile, "https://other.test/"); err == nil {
					t.Errorf("%s: a foreign origin is allowed", name)
				}
				if _, err := c.send(t, h, profile, "https://app.test/", fetch.Header{Name: "acme-trace", Value: "1"}); err == nil {
					t.Errorf("%s: a header that the protocol does not use is allowed", name)
				}
				if _, err := c.send(t, withoutProtocol, profile, "https://app.test/"); (err == nil) != (c.header == "") {
					t.Errorf("%s: without the protocol: %v", name, err)
				}
			}
		}
	}
}

// Without any one of the headers that the protocols add, one of the calls above fails.
func TestRPCNamesAreAllNeeded(t *testing.T) {
	for _, protocol := range []struct {
		policy cors.Policy
		calls  []call
	}{{cors.Policy{}.WithConnect(), connectCalls}, {cors.Policy{}.WithGRPCWeb(), grpcWebCalls}} {
		for i, name := range protocol.policy.RequestHeaders {
			p := cors.Policy{Origins: []string{"https://app.test"}}
			p.RequestHeaders = append(append(p.RequestHeaders, protocol.policy.RequestHeaders[:i]...), protocol.policy.RequestHeaders[i+1:]...)
			h, failed := cors.MustNew(p).Wrap(rpcServer), 0
			for _, c := range protocol.calls {
				if _, err := c.send(t, h, fetch.Standard, "https://app.test/"); err != nil {
					failed++
				}
			}
			if failed == 0 {
				t.Errorf("%s is allowed, but no call needs it", name)
			}
		}
		if len(protocol.policy.Methods) > 0 || protocol.policy.Credentials || len(protocol.policy.Origins) > 0 {
			t.Errorf("more than headers is allowed: %+v", protocol.policy)
		}
	}
}

func TestRPCTrailersCanBeExposed(t *testing.T) {
	p := cors.Policy{Origins: []string{"https://app.test"}, ExposedHeaders: []string{"Trailer-Acme-Cost"}}.WithConnect()
	resp, err := connectCalls[0].send(t, cors.MustNew(p).Wrap(rpcServer), fetch.Standard, "https://app.test/")
	if err != nil || !resp.Header.Contains("Trailer-Acme-Cost") || resp.Header.Contains("Acme-Note") {
		t.Errorf("%v, %+v", err, resp)
	}
}

func TestRPCNamesAreAddedToACopy(t *testing.T) {
	room := append(make([]string, 0, 16), "content-type", "Authorization")
	p := cors.Policy{Origins: []string{"https://app.test"}, RequestHeaders: room, ExposedHeaders: []string{"*"}}
	q := p.WithConnect().WithGRPCWeb()
	want := []string{"content-type", "Authorization", "Connect-Protocol-Version", "Connect-Timeout-Ms", "X-User-Agent", "Grpc-Timeout", "X-Grpc-Web"}
	if !reflect.DeepEqual(q.RequestHeaders, want) || !reflect.DeepEqual(q.ExposedHeaders, []string{"*"}) {
		t.Errorf("%q, %q", q.RequestHeaders, q.ExposedHeaders)
	}
	if len(p.RequestHeaders) != 2 || room[:3][2] != "" {
		t.Errorf("the original policy has changed: %q", room[:3])
	}
	if again := q.WithConnect().WithGRPCWeb(); !reflect.DeepEqual(again.RequestHeaders, want) {
		t.Errorf("added twice: %q", again.RequestHeaders)
	}
	if warnings := cors.MustNew(q).Warnings(); len(warnings) > 0 {
		t.Errorf("the added names cause warnings: %v", warnings)
	}
}

// This allows a page to call a server that speaks both protocols, such as one with connect-go, with
// a token in Authorization, and to read a trailer.
func ExamplePolicy_WithConnect() {
	p := cors.Policy{
		Origins:        []string{"https://app.example.com"},
		RequestHeaders: []string{"Authorization"},
		ExposedHeaders: []string{"Trailer-Acme-Cost"},
		MaxAgeSeconds:  7200, // each procedure has its own URL and so its own preflight
	}.WithConnect().WithGRPCWeb()
	policy, err := cors.New(p)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Join(policy.Policy().RequestHeaders, ", "))
	fmt.Println(strings.Join(policy.Policy().ExposedHeaders, ", "))
	// Output:
	// Authorization, Content-Type, Connect-Protocol-Version, Connect-Timeout-Ms, X-User-Agent, Grpc-Timeout, X-Grpc-Web
	// Trailer-Acme-Cost, Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin
}
