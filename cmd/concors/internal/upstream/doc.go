// Package upstream forwards requests to an allowlist of servers. It is the part that a development
// proxy and a gateway share, and knows nothing of pages, cookies or CORS.
//
// Each name is resolved once, its addresses are checked, and exactly a checked address is dialled, so
// that a name can't change its address between the check and the connection. Redirects are not followed.
// Bodies are streamed in both directions and never decompressed. What goes wrong is an [Error] with a
// [Kind], so that the caller can respond with it.
package upstream
