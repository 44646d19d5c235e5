// Command bare is a net/http server without CORS, to be measured.
package main

import (
	"log"
	"net/http"
)

func main() {
	log.Fatal(http.ListenAndServe("localhost:0", http.NotFoundHandler()))
}
