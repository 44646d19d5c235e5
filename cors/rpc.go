package cors

import (
	"slices"

	"github.com/concors/concors/internal/field"
)

// WithConnect returns a copy of the policy that lets browser clients of the
// Connect protocol in too (https://connectrpc.com/docs/protocol): the request
// headers that they set are added. POST needs no leave, and neither does a GET
// of a call without side effects, which is one without a preflight as long as
// it has no timeout.
//
// What such a client reads it reads from bodies, so nothing is exposed. Headers
// of your own, leading or trailing, have to be named: the trailer Acme-Cost of a
// unary call is the header Trailer-Acme-Cost, so ExposedHeaders must have that
// one. Of a streaming call trailers are in the body, and need nothing.
//
// Each URL is one call's, and has a preflight of its own: set MaxAgeSeconds.
func (p Policy) WithConnect() Policy {
	p = p.Clone()
	p.RequestHeaders = withNames(p.RequestHeaders, "Content-Type", "Connect-Protocol-Version", "Connect-Timeout-Ms", "X-User-Agent")
	return p
}

// WithGRPCWeb returns a copy of the policy that lets gRPC-Web clients in too
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md): the request
// headers that they set are added, and the response headers that hold the status
// of a call that ends without a message are exposed.
//
// Metadata of your own have to be named: in RequestHeaders what the client
// sends, in ExposedHeaders what the server sends before the first message, and
// before the status of a call without one. Trailers are in the body otherwise.
func (p Policy) WithGRPCWeb() Policy {
	p = p.Clone()
	p.RequestHeaders = withNames(p.RequestHeaders, "Content-Type", "Grpc-Timeout", "X-Grpc-Web", "X-User-Agent")
	p.ExposedHeaders = withNames(p.ExposedHeaders, "Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin")
	return p
}

// withNames adds the names that a list of header names does not cover yet.
func withNames(list []string, names ...string) []string {
	for _, name := range names {
		covers := func(s string) bool { return s == "*" || field.EqualFold(s, name) }
		if !slices.ContainsFunc(list, covers) {
			list = append(list, name)
		}
	}
	return list
}
