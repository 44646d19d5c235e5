// Command bare is a net/http server without CORS, whose size is measured.
package main

import (
	"log"
	"net/http"
)

func main() {
	log.Fatal(http.ListenAndServe("localhost:0", http.NotFoundHandler()))
}
