// Command cors is the same server as command bare, with package cors around its handler.
package main

import (
	"log"
	"net/http"

	"github.com/concors/concors/cors"
)

func main() {
	m, err := cors.New(cors.Policy{Origins: []string{"https://app.example.com"}, Credentials: true})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("localhost:0", m.Wrap(http.NotFoundHandler())))
}
