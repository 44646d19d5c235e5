package cors_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/origin"
)

func ExampleNew() {
	policy, err := cors.New(cors.Policy{
		Origins:        []string{"https://app.example.com", "https://*.preview.example.com", "http://localhost:*"},
		Methods:        []string{"PUT", "DELETE"},
		RequestHeaders: []string{"Content-Type", "Authorization"},
		ExposedHeaders: []string{"X-Total-Count"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /items/{id}", func(w http.ResponseWriter, r *http.Request) {})
	handler := policy.Wrap(mux) // around the whole mux, so that preflights reach the policy

	r := httptest.NewRequest("OPTIONS", "/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Methods"))
	// Output: 204 PUT, DELETE
}

// The error has all faults of a policy at once.
func ExampleNew_faults() {
	_, err := cors.New(cors.Policy{
		Origins:     []string{"https://App.example.com", "http://shop.example.com", "https://*.dev"},
		Methods:     []string{"put"},
		Credentials: true,
	})
	for _, f := range cors.Faults(err) {
		fmt.Println(f.Reason, "in", f.Field, f.Index)
	}
	fmt.Println(cors.Faults(err)[0])
	// Output:
	// pattern in Origins 0
	// insecure-origin in Origins 1
	// public-suffix in Origins 2
	// method in Methods 0
	// cors: Origins[0] "https://App.example.com": browsers send it in lower case; write https://app.example.com
}

func ExampleMiddleware_Wrap() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, ExposedHeaders: []string{"X-Total-Count"}})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Total-Count", "42") })
	handler := policy.Wrap(mux)

	r := httptest.NewRequest("GET", "/items", nil)
	r.Header.Set("Origin", "https://app.example.com")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Vary"} {
		fmt.Printf("%s: %s\n", name, w.Header().Get(name))
	}
	// Output:
	// Access-Control-Allow-Origin: https://app.example.com
	// Access-Control-Expose-Headers: X-Total-Count
	// Vary: Origin
}

// Incorrect: a mux whose pattern has a method responds to the preflight itself.
func ExampleMiddleware_Wrap_incorrect() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	mux := http.NewServeMux()
	mux.Handle("PUT /items", policy.Wrap(http.NotFoundHandler())) // wrong: wrap the mux

	r := httptest.NewRequest("OPTIONS", "/items", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code)
	// Output: 405
}

// Handle is for routers whose middleware is not a func(http.Handler) http.Handler.
func ExampleMiddleware_Handle() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	middleware := func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
		if policy.Handle(w, r) {
			next(w, r)
		}
	}

	r := httptest.NewRequest("OPTIONS", "/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	middleware(w, r, func(http.ResponseWriter, *http.Request) { fmt.Println("not reached by a preflight") })
	fmt.Println(w.Code)
	// Output: 204
}

// Fields is for servers that are not net/http.
func ExampleMiddleware_Fields() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	_, fields, vary, status := policy.Fields(context.Background(), cors.Request{
		Method: "OPTIONS", Origin: []string{"https://app.example.com"}, RequestMethod: []string{"PUT"},
	})
	for _, f := range fields {
		fmt.Printf("%s: %s\n", f.Name, f.Value)
	}
	fmt.Println("add to Vary:", vary)
	fmt.Println("status:", status)
	// Output:
	// Access-Control-Allow-Origin: https://app.example.com
	// Access-Control-Allow-Methods: PUT
	// add to Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers
	// status: 204
}

func ExamplePolicy_Check() {
	p := cors.Policy{Origins: []string{"https://app.example.com/"}, Methods: []string{"PUT", "patch", "POST"}}
	for _, f := range p.Check() {
		kind := "fault"
		if f.Warning {
			kind = "warning"
		}
		fmt.Printf("%s: %s[%d]: %s; %s\n", kind, f.Field, f.Index, f.Problem, f.Repair)
	}
	// Output:
	// fault: Origins[0]: an origin has a scheme, a host and a port, and no slash at the end; write https://app.example.com
	// warning: Methods[1]: methods are case-sensitive, and most scripts send PATCH; write PATCH, unless your scripts send patch
	// warning: Methods[2]: GET, HEAD and POST are always allowed; remove it
}

// SetObserver receives the decisions of the policy in force, and of a shadow policy that is being
// tried.
func ExampleMiddleware_SetShadow() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com", "https://old.example.com"}})
	policy.SetObserver(func(_ *http.Request, d cors.Decision) { fmt.Println(d.Labels().Mode, d.Reason) })
	if err := policy.SetShadow(&cors.Policy{Origins: []string{"https://app.example.com"}}); err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("GET", "/items", nil)
	r.Header.Set("Origin", "https://old.example.com")
	policy.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	// Output:
	// enforced granted
	// shadow origin refused
}

// An observer receives each decision before the response is written.
func ExampleMiddleware_SetObserver() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	policy.SetObserver(func(r *http.Request, d cors.Decision) { fmt.Println(r.URL.Path, d.Kind, d.Origin, d.Reason) })

	r := httptest.NewRequest("GET", "/items", nil)
	r.Header.Set("Origin", "https://other.example")
	policy.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	// Output: /items actual https://other.example origin refused
}

// In debug mode, the response to a refused preflight says what the policy allows.
func ExampleMiddleware_SetDebug() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"DELETE"}})
	for _, debug := range []bool{false, true} {
		policy.SetDebug(debug)
		r := httptest.NewRequest("OPTIONS", "/items/1", nil)
		r.Header.Set("Origin", "https://app.example.com")
		r.Header.Set("Access-Control-Request-Method", "PUT")
		w := httptest.NewRecorder()
		policy.Wrap(http.NotFoundHandler()).ServeHTTP(w, r)
		fmt.Printf("%d %q\n", w.Code, w.Header().Get("Access-Control-Allow-Methods"))
	}
	// Output:
	// 403 ""
	// 204 "DELETE"
}

func ExampleMiddleware_Decide() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	d := policy.Decide(context.Background(), cors.Request{
		Method: "OPTIONS", Origin: []string{"https://app.example.com"}, RequestMethod: []string{"PUT"}, RequestHeaders: []string{"x-trace"},
	})
	fmt.Println(d.Allowed, d.Reason, d.Header)
	// Output: false header refused x-trace
}

func ExampleMiddleware_Reconfigure() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	p := policy.Policy()
	p.Origins = append(p.Origins, "https://new.example.com")
	fmt.Println(policy.Reconfigure(p), len(policy.Policy().Origins))
	// Output: <nil> 2
}

func ExampleMiddleware_Protect() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Credentials: true})
	h := policy.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "done") }))
	for _, from := range []string{"https://app.example.com", "https://evil.example"} {
		r := httptest.NewRequest("POST", "https://api.example.com/pay", nil)
		r.Header.Set("Origin", from)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(from, w.Code)
	}
	// Output:
	// https://app.example.com 200
	// https://evil.example 403
}

func ExampleMiddleware_CheckOrigin() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Credentials: true})
	// websocket.Upgrader{CheckOrigin: policy.CheckOrigin}
	r := httptest.NewRequest("GET", "https://api.example.com/socket", nil)
	r.Header.Set("Origin", "https://evil.example")
	fmt.Println(policy.CheckOrigin(r))
	// Output: false
}

func ExampleLogRefusals() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	policy.SetObserver(cors.LogRefusals(slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))))
	r := httptest.NewRequest("GET", "/items", nil)
	r.Header.Set("Origin", "https://evil.example")
	policy.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
	// Output: level=WARN msg="CORS request refused" reason="origin refused" kind=actual origin=https://evil.example path=/items
}

func ExampleStripResponse() {
	target, _ := url.Parse("http://127.0.0.1:9000")
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = cors.StripResponse // the server behind it sends CORS headers too
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	_ = policy.Wrap(proxy)
}

// This allows the origins in a table of tenants.
func ExamplePolicy_lookup() {
	tenants := map[string]bool{"https://acme.example": true}
	policy := cors.MustNew(cors.Policy{
		Lookup: func(ctx context.Context, o origin.Origin) (bool, error) {
			if err := ctx.Err(); err != nil {
				return false, errors.Join(errors.New("querying the database"), err)
			}
			return tenants[o.String()], nil
		},
	})
	d := policy.Decide(context.Background(), cors.Request{Method: "GET", Origin: []string{"https://acme.example"}})
	fmt.Println(d.Allowed)
	// Output: true
}

// This is a server of several tenants, each with a host and a list of origins of its own.
func ExampleLookupKey() {
	origins := map[string]string{"acme.example.com": "https://app.acme.example", "zenith.example.com": "https://app.zenith.example"}
	policy := cors.MustNew(cors.Policy{
		LookupKey: func(r *http.Request) string { return r.Host },
		Lookup: func(ctx context.Context, o origin.Origin) (bool, error) {
			return origins[cors.LookupKey(ctx)] == o.String(), nil
		},
	})
	h := policy.Wrap(http.NotFoundHandler())
	for _, host := range []string{"acme.example.com", "zenith.example.com"} {
		r := httptest.NewRequest("GET", "http://"+host+"/items", nil)
		r.Header.Set("Origin", "https://app.acme.example")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Printf("%s: %q\n", host, w.Header().Get("Access-Control-Allow-Origin"))
	}
	// Output:
	// acme.example.com: "https://app.acme.example"
	// zenith.example.com: ""
}

// Everyone may read the data, and the service's own app may act as its user.
func ExamplePolicy_originsWithCredentials() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"*"}, OriginsWithCredentials: []string{"https://app.example.com"}})
	for _, o := range []string{"https://app.example.com", "https://other.example"} {
		_, fields, vary, _ := policy.Fields(context.Background(), cors.Request{Method: "GET", Origin: []string{o}})
		fmt.Println(fields, "Vary:", vary)
	}
	// Output:
	// [{Access-Control-Allow-Origin https://app.example.com} {Access-Control-Allow-Credentials true}] Vary: Origin
	// [{Access-Control-Allow-Origin *}] Vary: Origin
}

// Firefox gives an extension another random host in every installation.
func ExamplePolicy_dangerouslyAllowAnyHost() {
	policy := cors.MustNew(cors.Policy{
		DangerouslyAllowAnyHost:       []string{"moz-extension://*"},
		DangerouslyAllowAddressRanges: []string{"http://192.168.0.0/16:*"},
	})
	for _, o := range []string{"moz-extension://6b1c1d1e-8a7a-4c7e-9d9f-0b1c2d3e4f50", "http://192.168.1.1:8080", "http://10.0.0.1"} {
		d := policy.Decide(context.Background(), cors.Request{Method: "GET", Origin: []string{o}})
		fmt.Printf("%v %q\n", d.Allowed, d.PatternText)
	}
	// Output:
	// true "moz-extension://*"
	// true "http://192.168.0.0/16:*"
	// false ""
}
