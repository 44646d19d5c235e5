package compare_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/compare"
)

// The middleware that is to be replaced. It allows every origin whose name ends like an allowed one.
func old(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); len(origin) > 11 && origin[len(origin)-11:] == "example.com" {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			w.Header().Set("Access-Control-Allow-Methods", "PUT, DELETE")
			w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
		}
		if r.Method == http.MethodOptions {
			return
		}
		next.ServeHTTP(w, r)
	})
}

// The old middleware serves. The new policy decides about the same requests, and what it would do
// differently is logged.
func Example() {
	policy, err := cors.New(cors.Policy{
		Origins:        []string{"https://*.example.com"},
		Methods:        []string{"PUT"},
		RequestHeaders: []string{"Content-Type"},
		Credentials:    true,
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/notes", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "notes") })

	report := func(r *http.Request, d compare.Difference) {
		// In a server: slog.WarnContext(r.Context(), "CORS difference", "path", …)
		fmt.Printf("%s %s, Origin: %s\n  %v\n", r.Method, r.URL.Path, r.Header.Get("Origin"), d)
	}
	server := compare.Middlewares(old, policy.Wrap, report)(mux)

	for _, request := range []struct{ method, origin, requested string }{
		{"GET", "https://app.example.com", ""},
		{"OPTIONS", "https://app.example.com", "PUT"},
		{"OPTIONS", "https://app.example.com", "DELETE"},
		{"GET", "https://evilexample.com", ""},
		{"OPTIONS", "https://app.example.com", ""},
	} {
		r := httptest.NewRequest(request.method, "/notes", nil)
		r.Header.Set("Origin", request.origin)
		if request.requested != "" {
			r.Header.Set("Access-Control-Request-Method", request.requested)
		}
		server.ServeHTTP(httptest.NewRecorder(), r)
	}
	// Output:
	// OPTIONS /notes, Origin: https://app.example.com
	//   pages with this preflight are allowed with credentials (candidate: blocked)
	// GET /notes, Origin: https://evilexample.com
	//   pages are allowed with credentials (candidate: blocked)
	// OPTIONS /notes, Origin: https://app.example.com
	//   the request does not reach the handler (candidate: it does)
}
