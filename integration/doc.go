// Package integration holds package fetch against servers that nobody in this
// project wrote: nginx, Apache, Caddy, Python's http.server, Express, Hono, Gin
// and rs/cors, each really started on the loopback interface and configured the
// way people configure them, mistakes included.
//
// There is nothing here but tests. Each server has a table of sites: a
// configuration, and what a browser makes of requests to it. Every row runs
// under all four profiles. A test is skipped where its server is not
// installed, unless CI=true is set: then that is a failure.
//
// The examples have package cors in front of routers that nobody here wrote
// either, ServeMux, chi and gorilla/mux, and in the places that look right and
// are not: what each prints is what pages in all browsers then see.
package integration
