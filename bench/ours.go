package bench

import (
	"net/http"

	"github.com/concors/concors/cors"
)

func buildOurs(p Policy, next http.Handler) (http.Handler, error) {
	m, err := cors.New(cors.Policy{
		Origins:        p.Origins,
		Methods:        p.Methods,
		RequestHeaders: p.RequestHeaders,
		ExposedHeaders: p.ExposedHeaders,
		Credentials:    p.Credentials,
		MaxAgeSeconds:  p.MaxAgeSeconds,
	})
	if err != nil {
		return nil, err
	}
	return m.Wrap(next), nil
}
