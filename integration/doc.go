// Package integration tests package fetch with servers from outside this project:
// nginx, Apache, Caddy, Python's http.server, Express, Hono, Gin and rs/cors. Each
// is started on the loopback interface, and configured as people configure it,
// mistakes included.
//
// The package contains only tests. Each server has a table of sites: a
// configuration, and the expected results of requests by a browser. Each row runs
// with all four profiles. A test is skipped if its server is not installed, except
// with CI=true, where that is a failure. With -short, no server is started.
//
// The examples use package cors with the routers ServeMux, chi and gorilla/mux, in
// correct and in incorrect places. Each prints what pages in all browsers see.
//
// A policy whose tenants are in a table of PostgreSQL is tested while the database is
// flooded, paused, killed and locked.
package integration
