package fetch

import (
	"strconv"

	"github.com/concors/concors/weburl"
)

// responseURL is the URL of the response that a script sees.
func (q quirks) responseURL(req *request) *weburl.URL {
	u := req.currentURL()
	if req.tainting != taintingCORS || !q.deviates(ResponseURLWithoutCredentials) {
		return u
	}
	bare := *u
	bare.Username, bare.Password = "", ""
	return &bare
}

// dataURLHeader changes the headers of the response for a data: URL whose body
// has that length.
func (q quirks) dataURLHeader(req *request, header *HeaderList, length int) {
	if req.initiator == InitiatorFetch && q.deviates(DataURLHasContentLength) {
		header.Append("Content-Length", strconv.Itoa(length))
	}
}
