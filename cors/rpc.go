package cors

import (
	"slices"

	"github.com/concors/concors/internal/field"
)

// WithConnect returns a copy of the policy that also allows browser clients of the Connect protocol
// (https://connectrpc.com/docs/protocol): it adds the request headers that they set. Connect uses
// POST, which needs no permission, and GET for calls without side effects, which is a simple
// request unless the call has a timeout.
//
// Connect clients read status and errors from the body, so no header is exposed. List your own
// headers yourself. A trailer of a unary call is sent as a header with the prefix Trailer-: for
// Acme-Cost list Trailer-Acme-Cost in ExposedHeaders. Trailers of a streaming call are in the body
// and need nothing.
//
// Each procedure has its own URL and so its own preflight: set MaxAgeSeconds.
func (p Policy) WithConnect() Policy {
	p = p.Clone()
	p.RequestHeaders = withNames(p.RequestHeaders,
		"Content-Type", "Connect-Protocol-Version", "Connect-Timeout-Ms", "X-User-Agent")
	return p
}

// WithGRPCWeb returns a copy of the policy that also allows gRPC-Web clients
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md): it adds the request headers that
// they set, and exposes the response headers with the status of a call that ends without a message.
//
// List your own metadata yourself: in RequestHeaders what the client sends; in ExposedHeaders what
// the server sends before the first message, or before the status of a call without a message.
// Other trailers are in the body.
func (p Policy) WithGRPCWeb() Policy {
	p = p.Clone()
	p.RequestHeaders = withNames(p.RequestHeaders, "Content-Type", "Grpc-Timeout", "X-Grpc-Web", "X-User-Agent")
	p.ExposedHeaders = withNames(p.ExposedHeaders, "Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin")
	return p
}

// withNames adds the header names that a list does not cover yet.
func withNames(list []string, names ...string) []string {
	for _, name := range names {
		covers := func(s string) bool { return s == "*" || field.EqualFold(s, name) }
		if !slices.ContainsFunc(list, covers) {
			list = append(list, name)
		}
	}
	return list
}
