package bench

import (
	"net/http"

	"github.com/jub0bs/cors"
)

// This file is not part of the package, because its import cannot be had from the module proxy
// everywhere. RunWithCheckout adds it.

func init() { buildJub0bs = withJub0bs }

func withJub0bs(p Policy, next http.Handler) (http.Handler, error) {
	m, err := cors.NewMiddleware(cors.Config{
		Origins:         p.Origins,
		Methods:         p.Methods,
		RequestHeaders:  p.RequestHeaders,
		ResponseHeaders: p.ExposedHeaders,
		MaxAgeInSeconds: p.MaxAgeSeconds,
		Credentialed:    p.Credentials,
	})
	if err != nil {
		return nil, err
	}
	return m.Wrap(next), nil
}
