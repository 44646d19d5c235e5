// Package family has policies of every sort, for tests: every recipe is written
// for each of them. The module integration holds real servers to them, and
// package recipe models of those that can't run.
package family

// A Policy is a policy file, in YAML.
type Policy struct{ Name, Text string }

// Policies are the family.
func Policies() []Policy {
	return []Policy{
		{"one origin", `
origins: [https://app.example.com]`},
		{"several, with all that a preflight may ask for", `
origins: [https://app.example.com, "https://admin.example.net:8443", "http://[::1]:3000"]
methods: [PUT, PATCH, DELETE]
requestHeaders: [Content-Type, Authorization, X-Request-Id]
maxAgeSeconds: 600`},
		{"subdomains and part of a label", `
origins: ["https://*.example.com", "https://pr-*.preview.example.net"]
methods: [PUT]
requestHeaders: [content-type]`},
		{"any port, lists and ranges", `
origins: ["http://localhost:*", "https://dev.example.com:[443,3000,8000-8099]"]`},
		{"everybody", `
origins: ["*"]
methods: ["*"]
requestHeaders: ["*"]
exposedHeaders: ["*"]
maxAgeSeconds: 60`},
		{"everybody, and Authorization too", `
origins: ["*"]
methods: [DELETE]
requestHeaders: ["*", Authorization]`},
		{"credentials and exposed headers", `
origins: [https://app.example.com, "https://*.example.org"]
methods: [PUT, DELETE]
requestHeaders: [Content-Type]
exposedHeaders: [X-Total-Count, X-Request-Id]
credentials: true
maxAgeSeconds: 7200`},
		{"credentials and stars, which count for nothing beside them", `
origins: [https://app.example.com]
methods: ["*"]
requestHeaders: ["*"]
credentials: true`},
		{"the same with Authorization", `
origins: [https://app.example.com]
methods: ["*"]
requestHeaders: ["*", Authorization]
credentials: true`},
		{"sandboxed frames", `
origins: [https://app.example.com]
dangerouslyAllowNull: true`},
		{"another scheme", `
origins: [capacitor://localhost, https://app.example.com]`},
		{"a preflight's status and memory, timing, and who may embed", `
origins: [https://app.example.com]
methods: [PUT]
preflightStatus: 200
maxAgeSeconds: -1
timingAllowOrigin: true
resourcePolicy: same-site`},
		{"refused origins are turned away", `
origins: [https://app.example.com]
methods: [PUT]
rejectRefused: true`},
		{"by route", `
policy:
  origins: [https://app.example.com]
  methods: [PUT]
  credentials: true
routes:
  - pattern: /public/
    policy: {origins: ["*"], credentials: false, methods: []}
  - pattern: /public/{id}/notes
    policy: {origins: ["https://*.example.org"], maxAgeSeconds: 5}
  - pattern: /internal/
    off: true`},
	}
}
