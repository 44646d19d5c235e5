// Package upstream forwards requests to an allowlist of servers. It resolves each name once, checks the
// addresses, and dials exactly a checked address.
package upstream
